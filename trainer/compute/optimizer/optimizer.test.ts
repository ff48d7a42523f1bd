import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadKernels, type Kernels } from '../../ternary/kernels.ts';
import { planLayout } from '../../ternary/layout.ts';
import { referenceKernels } from '../../ternary/reference/index.ts';
import { createOptimizer, type FlatOptimizer, type OptimizerSpec, type StateHashes } from './optimizer.ts';
import { SLOTS_OF_OPTIMIZER } from './slots.ts';

const SCRATCH = 64;
const STRIDE = 8192;
const WEIGHTS = STRIDE;
const GRADIENT = 2 * STRIDE;
const SLOTS = [3 * STRIDE, 4 * STRIDE];

const tensors = [
  { name: 'kernel', shape: [30, 10], size: 300 },
  { name: 'bias', shape: [10], size: 10 },
  { name: 'head', shape: [10, 9], size: 90 },
  { name: 'gamma', shape: [], size: 1 },
];
const layout = planLayout(tensors, (tensor) => tensor.name === 'bias');

const names = ['sgd', 'momentum', 'nesterov', 'rmsprop', 'adam', 'adamw'] as const;

function spec(name: OptimizerSpec['name']): OptimizerSpec {
  return { name, momentum: 0.9, beta1: 0.9, beta2: 0.99, epsilon: 1e-7, decay: 0.8 };
}

let simd: Kernels;
let reference: Kernels;
beforeAll(async () => {
  const newMemory = (): WebAssembly.Memory =>
    new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  simd = await loadKernels(newMemory());
  reference = referenceKernels(newMemory());
});

/** A training run of one optimizer over one set of kernels. */
class Run {
  readonly kernels: Kernels;
  readonly optimizer: FlatOptimizer;
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly slots: readonly Float32Array[];

  constructor(kernels: Kernels, name: OptimizerSpec['name']) {
    this.kernels = kernels;
    this.optimizer = createOptimizer(spec(name), kernels, layout, SCRATCH);
    const vector = (at: number): Float32Array =>
      new Float32Array(kernels.memory.buffer, at, layout.values).fill(0);
    this.weights = vector(WEIGHTS);
    this.gradient = vector(GRADIENT);
    this.slots = SLOTS.map(vector);
    this.#fillTensors(this.weights, (i) => Math.sin(i));
  }

  hash(): string {
    return this.optimizer.hash(WEIGHTS, SLOTS);
  }

  step(step: number, { learningRate = 0.01, weightDecay = 0 } = {}): StateHashes {
    this.#fillTensors(this.gradient, (i) => Math.cos(i * 0.7 + step) * 0.1);
    return this.optimizer.update({
      weights: WEIGHTS,
      gradient: GRADIENT,
      slots: SLOTS,
      learningRate,
      weightDecay,
      step,
    });
  }

  #fillTensors(vector: Float32Array, value: (index: number) => number): void {
    for (const { offset, size } of layout.slots) {
      for (let i = offset; i < offset + size; i++) vector[i] = value(i);
    }
  }
}

interface Scalars {
  w: number;
  slots: number[];
}

type Formula = (state: Scalars, g: number, rate: number, decay: number, step: number) => Scalars;

/** The formulas of the optimizers' files in float64. */
const formulas: Record<OptimizerSpec['name'], Formula> = {
  sgd: ({ w }, g, rate, decay) => ({ w: w - rate * (g + decay * w), slots: [] }),
  momentum({ w, slots: [a] }, g, rate, decay) {
    const next = 0.9 * a! + g + decay * w;
    return { w: w - rate * next, slots: [next] };
  },
  nesterov({ w, slots: [a] }, g, rate, decay) {
    const total = g + decay * w;
    const next = 0.9 * a! + total;
    return { w: w - rate * (total + 0.9 * next), slots: [next] };
  },
  rmsprop({ w, slots: [v] }, g, rate, decay) {
    const total = g + decay * w;
    const next = 0.8 * v! + (1 - 0.8) * total ** 2;
    return { w: w - (rate * total) / Math.sqrt(next + 1e-7), slots: [next] };
  },
  adam: (state, g, rate, decay, step) => adam(state, g + decay * state.w, rate, 0, step),
  adamw: (state, g, rate, decay, step) => adam(state, g, rate, decay, step),
};

function adam(
  { w, slots: [m, v] }: Scalars,
  g: number,
  rate: number,
  decoupled: number,
  step: number,
): Scalars {
  const nextM = 0.9 * m! + (1 - 0.9) * g;
  const nextV = 0.99 * v! + (1 - 0.99) * g ** 2;
  const alpha = (rate * Math.sqrt(1 - 0.99 ** step)) / (1 - 0.9 ** step);
  return { w: w - rate * decoupled * w - (alpha * nextM) / (Math.sqrt(nextV) + 1e-7), slots: [nextM, nextV] };
}

describe.each(names)('%s', (name) => {
  test('follows its formula, weight decay on rank 2 only', () => {
    const run = new Run(simd, name);
    const settings = { learningRate: 0.02, weightDecay: 0.1 };
    const expected = Array.from(run.weights, (w): Scalars => ({ w, slots: SLOTS.map(() => 0) }));
    for (let step = 1; step <= 5; step++) {
      run.step(step, settings);
      for (const { shape, offset, size } of layout.slots) {
        const decay = shape.length >= 2 ? settings.weightDecay : 0;
        for (let i = offset; i < offset + size; i++) {
          expected[i] = formulas[name](expected[i]!, run.gradient[i]!, settings.learningRate, decay, step);
        }
      }
    }
    for (const { offset, size } of layout.slots) {
      for (let i = offset; i < offset + size; i++) {
        expect(run.weights[i]).toBeCloseTo(expected[i]!.w, 5);
        for (const [slot, value] of expected[i]!.slots.entries()) {
          if (slot < run.optimizer.slots) expect(run.slots[slot]![i]).toBeCloseTo(value, 5);
        }
      }
    }
  });

  test('gives the same bits and hashes with SIMD and reference kernels', () => {
    const [a, b] = [new Run(simd, name), new Run(reference, name)];
    for (let step = 1; step <= 5; step++) {
      expect(a.step(step, { weightDecay: 0.01 })).toEqual(b.step(step, { weightDecay: 0.01 }));
    }
    expect(Buffer.from(a.weights).equals(Buffer.from(b.weights))).toBe(true);
    expect(a.slots).toEqual(b.slots);
  });

  test('leaves padding and unused slots 0', () => {
    const run = new Run(simd, name);
    for (let step = 1; step <= 3; step++) run.step(step, { weightDecay: 0.1 });
    const real = new Set(
      layout.slots.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i)),
    );
    for (const vector of [run.weights, ...run.slots]) {
      expect(vector.every((value, i) => real.has(i) || value === 0)).toBe(true);
    }
    expect(run.slots[1]!.every((value) => value === 0)).toBe(run.optimizer.slots < 2);
  });

  test('reads at each step what it wrote at the step before', () => {
    const run = new Run(simd, name);
    let last = run.hash();
    for (let step = 1; step <= 4; step++) {
      const { readHash, writtenHash } = run.step(step);
      expect(readHash).toBe(last);
      expect(writtenHash).toBe(run.hash());
      expect(writtenHash).not.toBe(readHash);
      last = writtenHash;
    }
  });

  test('any single flipped bit of weights and slots changes the hash', () => {
    const run = new Run(simd, name);
    run.step(1);
    const before = run.hash();
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    const seen = new Set([before]);
    const vectors = [run.weights, ...run.slots.slice(0, run.optimizer.slots)];
    let flips = 0;
    for (const vector of vectors) {
      const words = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
      for (let word = 0; word < words.length; word += 7) {
        for (const bit of [0, 1, 15, 22, 23, 30, 31]) {
          words[word]! ^= 1 << bit;
          seen.add(run.hash());
          flips += 1;
          words[word]! ^= 1 << bit;
        }
      }
    }
    expect(seen.size).toBe(flips + 1);
    expect(run.hash()).toBe(before);
  });

  test('a bit that flips between steps shows in the read hash', () => {
    const run = new Run(simd, name);
    const { writtenHash } = run.step(1);
    const words = new Uint32Array(run.weights.buffer, run.weights.byteOffset, run.weights.length);
    words[123]! ^= 1 << 3;
    expect(run.step(2).readHash).not.toBe(writtenHash);
  });
});

describe('the state hash', () => {
  test.each([
    [0, 1],
    [0, 4],
    [3, 8],
    [17, 300],
  ])('changes when values %i and %i trade places', (i, j) => {
    const run = new Run(simd, 'momentum');
    run.step(1);
    const before = run.hash();
    [run.weights[i], run.weights[j]] = [run.weights[j]!, run.weights[i]!];
    expect(run.hash()).not.toBe(before);
  });

  test('changes when weights and slot trade places', () => {
    const run = new Run(simd, 'momentum');
    run.step(1);
    expect(run.optimizer.hash(SLOTS[0]!, [WEIGHTS])).not.toBe(run.optimizer.hash(WEIGHTS, SLOTS));
  });

  test('covers the tensors that do not decay', () => {
    const run = new Run(simd, 'sgd');
    const before = run.hash();
    const bias = layout.slots[1]!;
    run.weights[bias.offset + 9]! += 1e-3;
    expect(run.hash()).not.toBe(before);
  });
});

test('SLOTS_OF_OPTIMIZER is what the optimizers keep', () => {
  for (const name of names) expect(new Run(simd, name).optimizer.slots).toBe(SLOTS_OF_OPTIMIZER[name]);
});
