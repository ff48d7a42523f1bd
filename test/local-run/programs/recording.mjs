// The tiny program; appends its weights to `weights-RANK.jsonl` beside the job file at each evaluation. The last line
// holds the final ones. One evaluation is one batch, as long as it is not larger than training.evaluation.batchSize.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyWith } from './tiny.mjs';

const { TERNGRAD_BASE_DIRECTORY: folder, TERNGRAD_RANK: rank } = process.env;
let model;

export default tinyWith({
  onModel: (built) => {
    model = built;
  },
  onTestBatch() {
    const weights = model.getWeights().map((tensor) => Array.from(tensor.dataSync()));
    appendFileSync(join(folder, `weights-${rank}.jsonl`), `${JSON.stringify(weights)}\n`);
  },
});
