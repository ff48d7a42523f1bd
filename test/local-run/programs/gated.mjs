// The tiny program; at step `parameters.gateStep` each worker leaves a file `at-gate-RANK` beside the job file and
// waits there, its compute thread blocked, until there is a file `gate-open`.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyWith } from './tiny.mjs';

const LOOK_EVERY_MS = 20;

const { TERNGRAD_BASE_DIRECTORY: folder, TERNGRAD_RANK: rank } = process.env;
const clock = new Int32Array(new SharedArrayBuffer(4));
let gateStep;

export default tinyWith({
  onModel: (_, parameters) => {
    gateStep = parameters.gateStep;
  },
  onTrainBatch(step) {
    if (step !== gateStep) return;
    writeFileSync(join(folder, `at-gate-${rank}`), '');
    while (!existsSync(join(folder, 'gate-open'))) Atomics.wait(clock, 0, 0, LOOK_EVERY_MS);
  },
});
