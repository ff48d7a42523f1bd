/** A process that saves one step after the other until it is killed: `saving-process.ts DIRECTORY FIRST-STEP`. */
import { CheckpointWriter } from '../checkpoint-writer.ts';
import { prepareDirectory } from '../prepare-directory.ts';
import { factsAt } from './example-state.ts';
import { largeRegions, largeState } from './large-state.ts';

const [directory = '', firstStep = ''] = process.argv.slice(2);
await prepareDirectory(directory);
const writer = new CheckpointWriter({ directory, keep: 2, state: largeState });
for (let step = Number(firstStep); ; step++) {
  const outcome = await writer.save(factsAt(step), largeRegions(step));
  if (outcome.kind !== 'saved') throw new Error(JSON.stringify(outcome));
  process.stdout.write(`${step}\n`);
}
