import { beforeAll, describe, expect, test } from '@jest/globals';
import { planChunks, type ChunkOptions } from './chunks.ts';
import { loadKernels, type Kernels } from './kernels.ts';
import { planLayout } from './layout.ts';
import { NonFiniteGradientError } from './non-finite-gradient-error.ts';
import { createGradientMeter, sigmaOf, type GradientMeter } from './statistics.ts';

const SCRATCH = 64;
const GRADIENT = 256;

const tensors = [
  { name: 'kernel', shape: [300], size: 300 },
  { name: 'bias', shape: [10], size: 10 },
  { name: 'head', shape: [100], size: 100 },
];
// kernel at 0 (4 blocks), head at 320 (2 blocks), exempt bias at 480 (1 block)
const layout = planLayout(tensors, (tensor) => tensor.name === 'bias');
const BIAS = 480;
const HEAD = 320;

let kernels: Kernels;
let gradient: Float32Array;
beforeAll(async () => {
  kernels = await loadKernels(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
  gradient = new Float32Array(kernels.memory.buffer, GRADIENT, layout.values);
});

function meterOf(scalerScope: ChunkOptions['scalerScope']): GradientMeter {
  return createGradientMeter(kernels, layout, planChunks(layout, { chunkValues: 240, scalerScope }), SCRATCH);
}

function fill(offset: number, size: number, value: (index: number) => number): void {
  for (let i = 0; i < size; i++) gradient[offset + i] = value(i);
}

function populationSigma(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}

describe('gradient statistics', () => {
  test('per tensor: exact maximum, sigma about the mean over the real values', () => {
    gradient.fill(0);
    fill(0, 300, (i) => Math.fround(Math.sin(i) + 0.5));
    fill(HEAD, 100, (i) => (i === 7 ? -3 : 1));
    const { maximum, sigma } = meterOf('tensor').measure(GRADIENT);
    const values = Array.from({ length: 300 }, (_, i) => Math.fround(Math.sin(i) + 0.5));
    expect(maximum[0]).toBe(Math.max(...values.map(Math.abs)));
    expect(sigma[0]).toBeCloseTo(populationSigma(values), 6);
    expect(maximum[1]).toBe(3);
    expect(sigma[1]).toBeCloseTo(Math.sqrt(0.01 * 16 - 0.04 ** 2), 6);
  });

  test('per piece in scope `chunk`; the tensor`s maximum is over its pieces', () => {
    gradient.fill(0);
    fill(0, 300, (i) => (i < 240 ? 5 : i % 2));
    const { maximum, sigma, tensorMaximum } = meterOf('chunk').measure(GRADIENT);
    expect([...maximum]).toEqual([5, 1, 0]);
    expect(sigma[0]).toBe(0);
    expect(sigma[1]).toBeCloseTo(0.5, 6);
    expect([...tensorMaximum]).toEqual([5, 0, 0]);
  });

  test('cover exempt tensors', () => {
    gradient.fill(0);
    fill(BIAS, 10, (i) => -i);
    expect([...meterOf('tensor').measure(GRADIENT).tensorMaximum]).toEqual([0, 9, 0]);
  });

  test.each([0.1, 1, -7.3e-5, 1e30, 3.4028234663852886e38, 2 ** -149])(
    'sigma of a constant %p is exactly 0',
    (value) => {
      gradient.fill(0);
      fill(0, 300, () => value);
      const { sigma, maximum } = meterOf('tensor').measure(GRADIENT);
      expect(sigma[0]).toBe(0);
      expect(maximum[0]).toBe(Math.abs(Math.fround(value)));
    },
  );

  test('huge and subnormal values neither overflow nor vanish', () => {
    gradient.fill(0);
    fill(0, 300, (i) => (i % 2 === 0 ? 3e38 : -3e38));
    fill(HEAD, 100, (i) => (i % 2 === 0 ? 1e-44 : -1e-44));
    const { sigma } = meterOf('tensor').measure(GRADIENT);
    expect(sigma[0]! / Math.fround(3e38)).toBeCloseTo(1, 6);
    expect(sigma[1]! / Math.fround(1e-44)).toBeCloseTo(1, 6);
  });

  test.each([1e25, 1, 1e-18, 1e-28])('sigma scales with the values: %p', (scale) => {
    gradient.fill(0);
    fill(0, 300, (i) => (i % 3) * scale);
    const values = Array.from({ length: 300 }, (_, i) => Math.fround((i % 3) * scale));
    expect(meterOf('tensor').measure(GRADIENT).sigma[0]! / populationSigma(values)).toBeCloseTo(1, 6);
  });

  test('sigma of a single value is 0', () => {
    expect(sigmaOf(0.3, 0.3 * 0.3, 1)).toBe(0);
  });
});

describe('a gradient that is not finite', () => {
  test.each([
    ['kernel', 0, 299, NaN],
    ['kernel', 0, 0, Infinity],
    ['bias', BIAS, 4, -Infinity],
    ['head', HEAD, 80, NaN],
  ])('is refused: %s + %i, index %i, %p', (tensor, offset, index, value) => {
    gradient.fill(0);
    gradient[offset + index] = value;
    let thrown: unknown;
    try {
      meterOf('tensor').measure(GRADIENT);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(NonFiniteGradientError);
    expect(thrown).toMatchObject({ tensor, index, value, code: 'NON_FINITE_GRADIENT' });
  });

  test('the first bad value is named', () => {
    gradient.fill(0);
    gradient[250] = Infinity;
    gradient[17] = NaN;
    expect(() => meterOf('tensor').measure(GRADIENT)).toThrow(/kernel is NaN at index 17/);
  });
});
