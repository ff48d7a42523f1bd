// The tiny program (test/local-run/programs/tiny.mjs, which must lie beside this file), slowed down so that there is time
// for something to happen. Each worker prints a line for every batch that it begins: its examples, and when. A batch
// begins once the step before it is committed.
//
//   parameters.batchMs   what a batch takes in addition
import { writeSync } from 'node:fs';
import { tinyWith } from './tiny.mjs';

const STDOUT = 1;
const clock = new Int32Array(new SharedArrayBuffer(4));
let batchMs;

export default tinyWith({
  onModel(_, parameters) {
    batchMs = parameters.batchMs;
  },
  onTrainBatch(_, indices) {
    // At once, whatever becomes of this process in a moment.
    writeSync(STDOUT, `${JSON.stringify({ batch: [...indices], at: Date.now() })}\n`);
    Atomics.wait(clock, 0, 0, batchMs);
  },
});
