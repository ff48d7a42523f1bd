import type { Scalar, Variable } from '@tensorflow/tfjs-core';
import type { BackendName } from '../trainer/compute/backend.ts';
import { openBackend } from '../trainer/compute/backend.ts';
import { buildModel } from '../trainer/compute/build-model.ts';
import { softmaxCrossEntropy } from '../trainer/compute/classification.ts';
import { createWeightTransfer } from '../trainer/compute/weight-transfer.ts';
import { createDataSource } from '../trainer/data/datasets.ts';
import { createProgramContext } from '../trainer/programs/context.ts';
import { lenet } from '../trainer/programs/lenet.ts';
import { mlp } from '../trainer/programs/mlp.ts';

/** Milliseconds of each measured step. */
export interface ComputeFigures {
  readonly backend: string;
  readonly model: 'lenet' | 'mlp';
  readonly batch: number;
  readonly parameters: number;
  readonly gradientMs: number[];
  readonly exportMs: number[];
  readonly importMs: number[];
}

const WARM_UP_STEPS = 4;
/** Slow backends stop here; at least one step is measured. */
const BUDGET_MS = 8000;

/** One backend, model and batch size in a process of its own, printed as JSON: `compute-step.ts BACKEND MODEL BATCH STEPS`. */
async function measure(
  name: BackendName,
  model: 'lenet' | 'mlp',
  batch: number,
  mostSteps: number,
): Promise<ComputeFigures> {
  const { backend } = await openBackend(name, { threads: 1 });
  const { tf } = backend;
  const program = model === 'lenet' ? lenet : mlp;
  const data = createDataSource({ name: 'synthetic', syntheticExamples: batch }, 1, '.');
  const context = createProgramContext({ tf, seed: 1, parameters: {}, data });
  const built = await buildModel(program, context);
  const { train } = await program.loadData(context);
  const { inputs, targets } = train.batch(
    tf,
    Uint32Array.from({ length: batch }, (_, index) => index),
  );
  const variables = built.trainableWeights.map((weight) => weight.read() as Variable);
  const transfer = createWeightTransfer(tf, built.trainableWeights, backend.readsInPlace);
  const offsets = transfer.specs.map((_, i) =>
    transfer.specs.slice(0, i).reduce((sum, { size }) => sum + size, 0),
  );
  const parameters = built.countParams();
  const flat = new Float32Array(parameters);
  const weights = new Float32Array(parameters);
  transfer.exportTo(weights, offsets);

  const loss = (): Scalar => {
    const logits = built.apply(inputs, { training: true });
    if (!(logits instanceof tf.Tensor)) throw new TypeError('the model has one result');
    return softmaxCrossEntropy(tf, logits, targets);
  };
  const figures: ComputeFigures = {
    backend: backend.description,
    model,
    batch,
    parameters,
    gradientMs: [],
    exportMs: [],
    importMs: [],
  };
  const started = performance.now();
  for (let step = 0; step < WARM_UP_STEPS + mostSteps; step++) {
    const begin = performance.now();
    const { value, grads } = tf.variableGrads(loss, variables);
    value.dataSync();
    const computed = performance.now();
    for (const [i, variable] of variables.entries()) {
      flat.set(grads[variable.name]!.dataSync() as Float32Array, offsets[i]);
    }
    tf.dispose([value, grads]);
    const exported = performance.now();
    transfer.importFrom(weights, offsets);
    const imported = performance.now();

    const overBudget = imported - started > BUDGET_MS;
    if (step >= WARM_UP_STEPS || overBudget) {
      figures.gradientMs.push(computed - begin);
      figures.exportMs.push(exported - computed);
      figures.importMs.push(imported - exported);
    }
    if (overBudget) break;
  }
  return figures;
}

const [name, model, batch, steps] = process.argv.slice(2);
console.log(
  JSON.stringify(await measure(name as BackendName, model as 'lenet' | 'mlp', Number(batch), Number(steps))),
);
