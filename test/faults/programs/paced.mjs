// The tiny program, whose workers stop at the gates that the suite has closed: at the batch of step k the gate
// `train-k`, at the first test batch of the evaluation before step k the gate `test-k`. A worker at a gate leaves a file
// `at-GATE-RANK` and waits, its compute thread blocked, while there is a file `closed-GATE`.
//
//   parameters.stepsOfExamples   a JSON file: by example, the step that takes it. One epoch is the whole job, so the
//                                examples of a batch tell its step, also to a worker that came later.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyWith } from '../../local-run/programs/tiny.mjs';

const LOOK_EVERY_MS = 20;

const { TERNGRAD_BASE_DIRECTORY: folder, TERNGRAD_RANK: rank } = process.env;
const clock = new Int32Array(new SharedArrayBuffer(4));
let stepsOfExamples;
let nextStep = -1;

export default tinyWith({
  onModel(_, parameters) {
    stepsOfExamples = JSON.parse(readFileSync(parameters.stepsOfExamples, 'utf8'));
  },
  onTrainBatch(_, indices) {
    const step = stepsOfExamples[indices[0]];
    nextStep = step + 1;
    pass(`train-${step}`);
  },
  // A worker that came only now does not know which evaluation this is, and stops at none.
  onTestBatch: () => pass(`test-${nextStep}`),
});

function pass(gate) {
  const closed = join(folder, `closed-${gate}`);
  if (!existsSync(closed)) return;
  writeFileSync(join(folder, `at-${gate}-${rank}`), '');
  while (existsSync(closed)) Atomics.wait(clock, 0, 0, LOOK_EVERY_MS);
}
