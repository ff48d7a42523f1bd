import { describe, expect, test } from '@jest/globals';
import { openBackend } from '../compute/backend.ts';
import { createModelRuntime, type ModelRuntime } from '../compute/model-runtime.ts';
import { createDataSource, type DataSetName } from '../data/datasets.ts';
import { createRandom } from '../data/random.ts';
import { createSampler } from '../data/sampler.ts';
import { planLayout } from '../ternary/layout.ts';
import { createProgramContext } from './context.ts';
import { ProgramError } from './errors.ts';
import { loadProgram } from './load.ts';
import type { Dataset } from './program.ts';

const { backend } = await openBackend('wasm', { threads: 1 });

interface Opened {
  readonly runtime: ModelRuntime;
  readonly dataset: Dataset;
}

async function open(
  name: string,
  parameters: Record<string, unknown> = {},
  syntheticExamples = 20,
  dataName: DataSetName = 'synthetic',
): Promise<Opened> {
  const program = await loadProgram({ name }, '/');
  const data = createDataSource({ name: dataName, syntheticExamples }, 1, '/');
  const context = createProgramContext({ tf: backend.tf, seed: 1, parameters, data });
  const runtime = await createModelRuntime({ backend, program, context });
  return { runtime, dataset: await program.loadData(context) };
}

/** Plain SGD by one member on one batch over and over: its loss must fall. */
async function train({ runtime, dataset }: Opened, steps: number, learningRate: number): Promise<number[]> {
  const layout = planLayout(runtime.tensors, () => false);
  runtime.bind(layout);
  const weights = new Float32Array(layout.values);
  const gradient = new Float32Array(layout.values);
  runtime.exportWeights(weights);
  const sampler = createSampler({ examples: dataset.train.count, seed: 1, batchSize: 16 });
  const losses = [];
  for (let step = 0; step < steps; step++) {
    const { indices, scale } = sampler.slice(sampler.stateAt(step), 0, 1);
    const random = createRandom({ seed: 1, step, purpose: 'program' });
    const batch = dataset.train.batch(backend.tf, indices, random);
    losses.push(runtime.gradient(batch, gradient, scale, { step, random }).loss);
    backend.tf.dispose([batch.inputs, batch.targets]);
    for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! - learningRate * gradient[i]!;
    runtime.importWeights(weights);
  }
  return losses;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('sizes', () => {
  test.each([
    ['logistic', 7_850],
    ['mlp', 266_610],
    ['lenet', 1_256_080],
    ['cifarnet', 1_068_298],
  ])('%s has %d parameters', async (name, parameterCount) => {
    const { runtime } = await open(name);
    expect(planLayout(runtime.tensors, () => false).parameterCount).toBe(parameterCount);
    runtime.dispose();
  });

  test('mlp takes its hidden layers from the parameters', async () => {
    const { runtime } = await open('mlp', { hidden: [8] });
    expect(runtime.tensors.map(({ name }) => name)).toEqual([
      'dense1/kernel',
      'dense1/bias',
      'logits/kernel',
      'logits/bias',
    ]);
    expect(runtime.tensors[0]!.shape).toEqual([784, 8]);
  });
});

describe('parameters', () => {
  test.each([
    ['logistic', { hidden: [3] }, /program\.parameters of "logistic": Unrecognized key: "hidden"/],
    ['mlp', { hidden: [] }, /of "mlp": hidden: Too small/],
    ['mlp', { hidden: 'many' }, /hidden: Invalid input: expected array/],
    ['lenet', { dropout: 1 }, /dropout: Too big/],
    ['cifarnet', { augment: 'yes' }, /augment: Invalid input: expected boolean/],
  ])('%s refuses %p', async (name, parameters, message) => {
    const attempt = open(name, parameters);
    await expect(attempt).rejects.toThrow(ProgramError);
    await expect(attempt).rejects.toThrow(message);
  });

  test('cifarnet refuses images that are too small, naming them', async () => {
    await expect(open('cifarnet', {}, 20, 'mnist')).rejects.toThrow(
      /needs colour images of 24x24 or more, but data\.name mnist has 28x28x1/,
    );
  });
});

describe('training', () => {
  test.each<[string, Record<string, unknown>, number, number]>([
    ['logistic', {}, 20, 0.02],
    ['mlp', { hidden: [32] }, 20, 0.05],
    ['lenet', { dropout: 0.2 }, 8, 0.05],
    ['cifarnet', { augment: false }, 8, 0.02],
  ])(
    'the loss of %s falls, and the first is near that of a guess',
    async (name, parameters, steps, learningRate) => {
      const opened = await open(name, parameters, 16);
      const losses = await train(opened, steps, learningRate);
      expect(losses[0]).toBeLessThan(2 * Math.log(10));
      expect(mean(losses.slice(-3))).toBeLessThan(mean(losses.slice(0, 3)));
      expect(opened.runtime.evaluate(opened.dataset.test, 50).accuracy).toBeGreaterThanOrEqual(0);
      opened.runtime.dispose();
    },
  );
});
