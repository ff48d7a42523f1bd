import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type * as tfc from '@tensorflow/tfjs-core';
import { createDataSource } from '../data/datasets.ts';
import { createRandom } from '../data/random.ts';
import { createProgramContext } from '../programs/context.ts';
import { LossNotFiniteError, ProgramError, ProgramFailedError } from '../programs/errors.ts';
import type { Batch, Dataset, Program } from '../programs/program.ts';
import { planLayout, type FlatLayout } from '../ternary/layout.ts';
import { openBackend, type Backend, type BackendName } from './backend.ts';
import { createModelRuntime, type ModelRuntime } from './model-runtime.ts';

/** 4 inputs, 5 hidden units with batch norm and dropout, 3 classes; everything the runtime must carry. */
const tiny: Program = {
  name: 'tiny',
  createModel: ({ tf }) =>
    tf.sequential({
      layers: [
        tf.layers.dense({ name: 'hidden', units: 5, inputShape: [4], activation: 'relu' }),
        tf.layers.batchNormalization({ name: 'norm' }),
        tf.layers.dropout({ name: 'dropout', rate: 0.5 }),
        tf.layers.dense({ name: 'logits', units: 3 }),
      ],
    }),
  loadData({ examples, random }) {
    const draw = random('data');
    const count = 30;
    const values = Float32Array.from({ length: count * 4 }, () => draw.normal());
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
    const all = examples({ count, shape: [4], values, labels });
    return { train: all, test: all };
  },
};

/** One weight w = 2 over one input: loss = mean of (w x - y)^2, so everything can be computed by hand. */
const line: Program = {
  name: 'line',
  createModel: ({ tf }) =>
    tf.sequential({
      layers: [
        tf.layers.dense({
          name: 'line',
          units: 1,
          inputShape: [1],
          kernelInitializer: tf.initializers.constant({ value: 2 }),
        }),
      ],
    }),
  loadData: tiny.loadData,
  loss: (tf, model, batch) =>
    tf.mean(tf.square(tf.sub(model.apply(batch.inputs) as tfc.Tensor, batch.targets))),
};

function lossOfTheUser(): never {
  throw new Error('oops');
}

/** Exempts the first tensor: it then lies behind the others, so model order and flat order differ. */
function layoutFor(runtime: ModelRuntime): FlatLayout {
  return planLayout(runtime.tensors, (_tensor, index) => index === 0);
}

async function open(backend: Backend, program: Program, seed = 1) {
  const data = createDataSource({ name: 'program', syntheticExamples: 1 }, seed, '/');
  const context = createProgramContext({ tf: backend.tf, seed, parameters: {}, data });
  const runtime = await createModelRuntime({ backend, program, context });
  const layout = layoutFor(runtime);
  runtime.bind(layout);
  const dataset = await program.loadData(context);
  return { runtime, layout, dataset, flat: () => new Float32Array(layout.values) };
}

describe.each<BackendName>(['cpu', 'wasm'])('on the %s backend', (name) => {
  let backend: Backend;
  let runtime: ModelRuntime | undefined;

  beforeAll(async () => {
    ({ backend } = await openBackend(name, { threads: 1 }));
  });
  afterEach(() => {
    runtime?.dispose();
    runtime = undefined;
  });

  async function opened(program: Program, seed?: number) {
    const result = await open(backend, program, seed);
    runtime = result.runtime;
    return result;
  }

  function lineBatch(...points: readonly (readonly [x: number, y: number])[]): Batch {
    return {
      inputs: backend.tf.tensor2d(points.map(([x]) => [x])),
      targets: backend.tf.tensor2d(points.map(([, y]) => [y])),
    };
  }

  test('tells names, shapes and sizes of the weights in model order', async () => {
    const { runtime: tinyRuntime } = await opened(tiny);
    expect(tinyRuntime.tensors).toEqual([
      { name: 'hidden/kernel', shape: [4, 5], size: 20 },
      { name: 'hidden/bias', shape: [5], size: 5 },
      { name: 'norm/gamma', shape: [5], size: 5 },
      { name: 'norm/beta', shape: [5], size: 5 },
      { name: 'logits/kernel', shape: [5, 3], size: 15 },
      { name: 'logits/bias', shape: [3], size: 3 },
    ]);
    expect(tinyRuntime.nonTrainable.map(({ name: weight }) => weight)).toEqual([
      'norm/moving_mean',
      'norm/moving_variance',
    ]);
    expect(tinyRuntime.nonTrainableValues).toBe(10);
  });

  test('names do not depend on how many models the process has built', async () => {
    const first = await open(backend, tiny);
    const second = await open(backend, tiny);
    expect(second.runtime.tensors).toEqual(first.runtime.tensors);
    first.runtime.dispose();
    second.runtime.dispose();
  });

  test('puts the exact gradient where the layout says, times the scale, with zero padding', async () => {
    const { runtime: lineRuntime, layout, flat } = await opened(line);
    const out = flat().fill(9);
    // w = 2, b = 0: errors 2*1-1 = 1 and 2*3-7 = -1; dw = mean(2 e x) = -2, db = mean(2 e) = 0, loss = 1
    const { loss } = lineRuntime.gradient(lineBatch([1, 1], [3, 7]), out, 1.5, { step: 0 });
    expect(loss).toBeCloseTo(1, 6);
    const [kernel, bias] = layout.slots;
    expect(out[kernel!.offset]).toBeCloseTo(-3, 5);
    expect(out[bias!.offset]).toBeCloseTo(0, 5);
    expect([...out].filter((value) => Math.abs(value) > 1e-5)).toHaveLength(1);
  });

  test('tells of each tensor whose gradient is there while the backward pass goes on, last layer first', async () => {
    const { runtime: tinyRuntime, layout, dataset, flat } = await opened(tiny);
    const batch = dataset.train.batch(
      backend.tf,
      new Uint32Array([0, 1, 2, 3]),
      createRandom({ seed: 1, purpose: 'test' }),
    );
    const context = () => ({ step: 0, random: createRandom({ seed: 1, purpose: 'model' }) });
    const whole = flat();
    tinyRuntime.gradient(batch, whole, 2, context());
    const told: string[] = [];
    const out = flat().fill(9);
    const onTensor = (index: number): void => {
      const { name: tensor, offset, size } = layout.slots[index]!;
      told.push(tensor);
      expect(out.slice(offset, offset + size)).toEqual(whole.slice(offset, offset + size));
    };
    tinyRuntime.gradient(batch, out, 2, { ...context(), onTensor });
    expect(out).toEqual(whole);
    expect(told.indexOf('logits/kernel')).toBeLessThan(told.indexOf('hidden/kernel'));
    expect(told.toSorted()).toEqual(tinyRuntime.tensors.map(({ name: tensor }) => tensor).toSorted());
    backend.tf.dispose([batch.inputs, batch.targets]);
  });

  test('does not tell of a weight that is used twice, whose gradient is a sum', async () => {
    const twice: Program = {
      ...line,
      loss: (tf, model, batch) => {
        const once = model.apply(batch.inputs) as tfc.Tensor;
        return tf.mean(
          tf.square(tf.sub(tf.add(once, model.apply(batch.inputs) as tfc.Tensor), batch.targets)),
        );
      },
    };
    const { runtime: lineRuntime, layout, flat } = await opened(twice);
    const told: number[] = [];
    const out = flat();
    const onTensor = (index: number): void => void told.push(index);
    // w = 2: error 2 * 2 * 1 - 1 = 3; dw = 2 * 3 * 2 = 12
    lineRuntime.gradient(lineBatch([1, 1]), out, 1, { step: 0, onTensor });
    expect(out[layout.slots[0]!.offset]).toBeCloseTo(12, 5);
    expect(told).toEqual([]);
  });

  test('what goes wrong where it tells of a tensor is not blamed on the program', async () => {
    const { runtime: lineRuntime, flat } = await opened(line);
    const onTensor = (): void => {
      throw new RangeError('no place left');
    };
    expect(() => lineRuntime.gradient(lineBatch([1, 1]), flat(), 1, { step: 0, onTensor })).toThrow(
      new RangeError('no place left'),
    );
  });

  test('import and export are inverse to the bit, also over shared memory', async () => {
    const { runtime: tinyRuntime, layout } = await opened(tiny);
    const shared = (): Float32Array => new Float32Array(new SharedArrayBuffer(layout.values * 4));
    const random = createRandom({ seed: 5, purpose: 'test' });
    for (let round = 0; round < 3; round++) {
      const wanted = shared();
      for (const { offset, size } of layout.slots)
        random.fillUniform(wanted.subarray(offset, offset + size), -1, 1);
      tinyRuntime.importWeights(wanted);
      const expected = wanted.slice();
      // The model must not see later writes to the memory it was given.
      wanted.fill(7);
      const found = shared();
      tinyRuntime.exportWeights(found);
      expect([...found]).toEqual([...expected]);
    }
  });

  test('carries batch-norm statistics out and in', async () => {
    const { runtime: tinyRuntime, dataset, flat } = await opened(tiny);
    const before = new Float32Array(10);
    tinyRuntime.exportNonTrainable(before);
    expect([...before]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    const batch = dataset.train.batch(backend.tf, Int32Array.of(0, 1, 2, 3));
    tinyRuntime.gradient(batch, flat(), 1, { step: 0 });
    const after = new Float32Array(10);
    tinyRuntime.exportNonTrainable(after);
    expect(after).not.toEqual(before);
    tinyRuntime.importNonTrainable(before);
    const restored = new Float32Array(10);
    tinyRuntime.exportNonTrainable(restored);
    expect(restored).toEqual(before);
  });

  describe('a gradient of no account', () => {
    test('changes no weight, no statistics and no later gradient, and leaves no tensor', async () => {
      const told = [];
      for (const isWarm of [false, true]) {
        const { runtime: fresh, dataset, flat } = await open(backend, tiny);
        const tensors = backend.tf.memory().numTensors;
        if (isWarm) fresh.warmUp();
        expect(backend.tf.memory().numTensors).toBe(tensors);
        const [weights, gradient, statistics] = [flat(), flat(), new Float32Array(10)] as const;
        fresh.exportWeights(weights);
        fresh.exportNonTrainable(statistics);
        const batch = dataset.train.batch(backend.tf, Int32Array.of(0, 1, 2, 3));
        const random = createRandom({ seed: 1, step: 0, rank: 0, purpose: 'model' });
        const { loss } = fresh.gradient(batch, gradient, 1, { step: 0, random });
        told.push({ weights, statistics, gradient, loss });
        fresh.dispose();
      }
      expect(told[1]).toEqual(told[0]);
    });

    test("asks nothing of the program's data and loss, and takes nothing from Math.random", async () => {
      const original = Math.random;
      const { runtime: lineRuntime } = await opened({ ...line, loss: lossOfTheUser });
      Math.random = lossOfTheUser;
      try {
        expect(() => lineRuntime.warmUp()).not.toThrow();
      } finally {
        Math.random = original;
      }
    });

    test('may fail: the model has it to say at its first step', async () => {
      const { runtime: faulty } = await opened({
        ...line,
        async createModel(context) {
          const model = await line.createModel(context);
          return Object.assign(model, { apply: lossOfTheUser });
        },
      });
      expect(() => faulty.warmUp()).not.toThrow();
    });
  });

  test('starts equal for equal seeds and unequal otherwise', async () => {
    const weights = [];
    for (const seed of [1, 1, 2]) {
      const { runtime: fresh, flat } = await open(backend, tiny, seed);
      const out = flat();
      fresh.exportWeights(out);
      weights.push([...out]);
      fresh.dispose();
    }
    expect(weights[1]).toEqual(weights[0]);
    expect(weights[2]).not.toEqual(weights[0]);
  });

  test('dropout masks depend on (seed, step, rank) and on nothing else', async () => {
    const { runtime: tinyRuntime, dataset, flat } = await opened(tiny);
    const batch = dataset.train.batch(
      backend.tf,
      Int32Array.from({ length: 30 }, (_, i) => i),
    );
    const gradientAt = (step: number, rank: number): number[] => {
      const out = flat();
      const random = createRandom({ seed: 1, step, rank, purpose: 'program' });
      tinyRuntime.gradient(batch, out, 1, { step, random });
      return [...out];
    };
    const first = gradientAt(3, 0);
    expect(gradientAt(4, 0)).not.toEqual(first);
    expect(gradientAt(3, 1)).not.toEqual(first);
    expect(gradientAt(3, 0)).toEqual(first);
  });

  test('evaluates in batches, short last one included, as in one', async () => {
    const { runtime: tinyRuntime, dataset } = await opened(tiny);
    const whole = tinyRuntime.evaluate(dataset.test, 30);
    const pieces = tinyRuntime.evaluate(dataset.test, 7);
    expect(whole.examples).toBe(30);
    expect(whole.accuracy).toBe(whole.correct! / 30);
    expect(pieces.correct).toBe(whole.correct);
    expect(pieces.loss).toBeCloseTo(whole.loss, 5);
  });

  test('shares of an evaluation add up to the whole', async () => {
    const { runtime: tinyRuntime, dataset } = await opened(tiny);
    const whole = tinyRuntime.evaluate(dataset.test, 8);
    const shares = [0, 11, 22].map((from) =>
      tinyRuntime.evaluate(dataset.test, 8, { from, to: Math.min(from + 11, 30) }),
    );
    expect(shares.reduce((sum, { examples }) => sum + examples, 0)).toBe(30);
    expect(shares.reduce((sum, { correct }) => sum + correct!, 0)).toBe(whole.correct);
    expect(shares.reduce((sum, { lossSum }) => sum + lossSum, 0)).toBeCloseTo(whole.lossSum, 4);
  });

  test('a program with its own loss and no `correct` has no accuracy', async () => {
    const { runtime: lineRuntime } = await opened(line);
    const points = { count: 2, batch: () => lineBatch([1, 1], [3, 7]) };
    expect(lineRuntime.evaluate(points, 2)).toEqual({ examples: 2, lossSum: 2, loss: 1 });
  });

  test('a program may count right answers in its own way', async () => {
    const positive: Program = {
      ...line,
      correct: (tf, logits) => tf.sum(tf.cast(tf.greater(logits, 3), 'float32')),
    };
    const { runtime: lineRuntime } = await opened(positive);
    const points = { count: 2, batch: () => lineBatch([1, 1], [3, 7]) };
    expect(lineRuntime.evaluate(points, 2)).toMatchObject({ correct: 1, accuracy: 0.5 });
  });

  test.each([
    ['a plain program', line, () => lineBatch([1, 1], [3, 7]), 1000],
    [
      'batch norm and dropout',
      tiny,
      (dataset: Dataset) => dataset.train.batch(backend.tf, Int32Array.of(1, 2)),
      100,
    ],
  ])('leaks no tensor with %s', async (_what, program, makeBatch, steps) => {
    const { runtime: leakRuntime, dataset, flat } = await opened(program);
    const weights = flat();
    const out = flat();
    leakRuntime.exportWeights(weights);
    const step = (k: number): void => {
      const batch = makeBatch(dataset);
      leakRuntime.importWeights(weights);
      leakRuntime.gradient(batch, out, 0.5, {
        step: k,
        random: createRandom({ seed: 1, step: k, purpose: 'x' }),
      });
      leakRuntime.evaluate({ count: 2, batch: () => makeBatch(dataset) }, 2);
      backend.tf.dispose([batch.inputs, batch.targets]);
    };
    step(0);
    const before = backend.tf.memory();
    for (let k = 1; k <= steps; k++) step(k);
    const after = backend.tf.memory();
    expect([after.numTensors, after.numBytes]).toEqual([before.numTensors, before.numBytes]);
  });

  test('a loss that is not finite is an error that names the step, and leaks nothing', async () => {
    const { runtime: lineRuntime, flat } = await opened(line);
    const batch = lineBatch([Number.POSITIVE_INFINITY, 1]);
    const before = backend.tf.memory().numTensors;
    expect(() => lineRuntime.gradient(batch, flat(), 1, { step: 12 })).toThrow(LossNotFiniteError);
    expect(() => lineRuntime.gradient(batch, flat(), 1, { step: 12 })).toThrow(
      /the loss of step 12 is Infinity/,
    );
    expect(backend.tf.memory().numTensors).toBe(before);
  });

  test('a program that throws in its loss is blamed with its own stack', async () => {
    const broken: Program = {
      ...line,
      loss: lossOfTheUser,
    };
    const { runtime: brokenRuntime, flat } = await opened(broken);
    const act = (): unknown => brokenRuntime.gradient(lineBatch([1, 1]), flat(), 1, { step: 4 });
    expect(act).toThrow(ProgramFailedError);
    expect(act).toThrow(/program "line" failed in the gradient of step 4: Error: oops\n.*lossOfTheUser/);
  });

  test("data that does not fit the model is the program's failure", async () => {
    const { runtime: tinyRuntime, flat } = await opened(tiny);
    expect(() => tinyRuntime.gradient(lineBatch([1, 1]), flat(), 1, { step: 0 })).toThrow(ProgramFailedError);
  });

  test('Math.random is itself again afterwards, also when the program throws', async () => {
    const original = Math.random;
    const { runtime: tinyRuntime, flat } = await opened(tiny);
    const random = createRandom({ seed: 1, purpose: 'program' });
    expect(() => tinyRuntime.gradient(lineBatch([1, 1]), flat(), 1, { step: 0, random })).toThrow(
      ProgramFailedError,
    );
    expect(Math.random).toBe(original);
  });

  test.each<[string, Program['createModel'], string]>([
    ['is not a model', () => ({}) as never, 'must return a model'],
    [
      'has no weights',
      ({ tf }) => tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 2] })] }),
      'no trainable weights',
    ],
    [
      'has a constraint',
      ({ tf }) =>
        tf.sequential({
          layers: [tf.layers.dense({ units: 1, inputShape: [1], kernelConstraint: tf.constraints.nonNeg() })],
        }),
      'has a constraint',
    ],
  ])('refuses what createModel returns when it %s', async (_what, createModel, message) => {
    const attempt = open(backend, { ...tiny, createModel });
    await expect(attempt).rejects.toThrow(ProgramError);
    await expect(attempt).rejects.toThrow(message);
  });

  test("createModel that throws is the program's failure", async () => {
    const attempt = open(backend, {
      ...tiny,
      createModel: () => {
        throw new TypeError('no such layer');
      },
    });
    await expect(attempt).rejects.toThrow(/program "tiny" failed in createModel: TypeError: no such layer/);
  });
});

test('the default loss has the same value and gradient on cpu and wasm', async () => {
  const found = [];
  for (const name of ['cpu', 'wasm'] as const) {
    const { backend } = await openBackend(name, { threads: 1 });
    const { runtime, dataset, flat } = await open(backend, tiny);
    const out = flat();
    const batch = dataset.train.batch(
      backend.tf,
      Uint32Array.from({ length: 30 }, (_, i) => i),
    );
    const random = createRandom({ seed: 1, purpose: 'program' });
    const { loss } = runtime.gradient(batch, out, 1, { step: 0, random });
    found.push([loss, ...out]);
    expect(loss).toBeGreaterThan(0.5);
    runtime.dispose();
  }
  const [cpu, wasm] = found;
  for (const [i, value] of cpu!.entries()) expect(wasm![i]).toBeCloseTo(value, 5);
});

test('workers on different backends start equal to the bit', async () => {
  const weights = [];
  for (const name of ['cpu', 'wasm'] as const) {
    const { backend } = await openBackend(name, { threads: 1 });
    const { runtime, flat } = await open(backend, tiny);
    const out = flat();
    runtime.exportWeights(out);
    weights.push([...out]);
    runtime.dispose();
  }
  expect(weights[1]).toEqual(weights[0]);
});
