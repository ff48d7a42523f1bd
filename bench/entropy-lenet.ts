import { openBackend, type BackendChoice } from '../trainer/compute/backend.ts';
import { createModelRuntime } from '../trainer/compute/model-runtime.ts';
import { createDataSource } from '../trainer/data/datasets.ts';
import { createRandom } from '../trainer/data/random.ts';
import { createSampler } from '../trainer/data/sampler.ts';
import { createProgramContext } from '../trainer/programs/context.ts';
import { lenet } from '../trainer/programs/lenet.ts';
import { loadDataset } from '../trainer/programs/load-dataset.ts';
import { planLayout } from '../trainer/ternary/layout.ts';
import { createChunkCounter, type ChunkCounter } from './entropy-chunks.ts';

/** As `compression.exempt.belowElements`: smaller tensors are not ternarized. */
const LEAST_VALUES = 1024;
const SEED = 1;
const WORKERS = 2;
const BATCH = 64;
const LEARNING_RATE = 0.01;
const MOMENTUM = 0.9;

export type RecordedGradients = ReturnType<ChunkCounter['measure']> & { readonly step: number };

/**
 * Trains LeNet on MNIST with plain momentum on the mean of two workers' gradients, and codes what the workers would send
 * at the wanted steps.
 */
export async function recordedGradients(
  wanted: readonly number[],
  backendName: string,
): Promise<RecordedGradients[]> {
  const { backend } = await openBackend(backendName as BackendChoice, { threads: 1 });
  const { tf } = backend;
  const data = createDataSource({ name: 'mnist', syntheticExamples: BATCH }, SEED, '.');
  const context = createProgramContext({ tf, seed: SEED, parameters: {}, data });
  const runtime = await createModelRuntime({ backend, program: lenet, context });
  const { train } = await loadDataset(lenet, context);
  const layout = planLayout(runtime.tensors, ({ size }) => size < LEAST_VALUES);
  runtime.bind(layout);
  const sampler = createSampler({ examples: train.count, seed: SEED, batchSize: BATCH });
  const ternarized = layout.slots.filter(({ exempt }) => !exempt);
  const counter = await createChunkCounter(
    ternarized.map(({ size }) => size),
    WORKERS,
  );
  const weights = new Float32Array(layout.values);
  const velocity = new Float32Array(layout.values);
  const gradients = Array.from({ length: WORKERS }, () => new Float32Array(layout.values));
  runtime.exportWeights(weights);
  const recorded: RecordedGradients[] = [];
  for (let step = 0; step <= Math.max(...wanted); step++) {
    runtime.importWeights(weights);
    for (const [rank, gradient] of gradients.entries()) {
      const { indices, scale } = sampler.slice(sampler.stateAt(step), rank, WORKERS);
      const random = createRandom({ seed: SEED, step, rank, purpose: 'model' });
      const batch = train.batch(tf, indices, random);
      runtime.gradient(batch, gradient, scale, { step, random });
      tf.dispose([batch.inputs, batch.targets]);
    }
    if (wanted.includes(step)) {
      for (const [rank, gradient] of gradients.entries()) {
        for (const [index, { offset, size }] of ternarized.entries()) {
          counter.gradients[rank]!.set(gradient.subarray(offset, offset + size), counter.offsets[index]);
        }
      }
      recorded.push({ step, ...counter.measure(0) });
    }
    for (let i = 0; i < weights.length; i++) {
      velocity[i] = MOMENTUM * velocity[i]! + (gradients[0]![i]! + gradients[1]![i]!) / WORKERS;
      weights[i]! -= LEARNING_RATE * velocity[i]!;
    }
  }
  runtime.dispose();
  return recorded;
}
