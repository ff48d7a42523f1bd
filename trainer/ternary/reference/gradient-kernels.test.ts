import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK_VALUES } from '../layout.ts';
import { gradientValues, padded } from './arbitraries.ts';
import { createTwins, type Twins } from './twins.ts';

const SCRATCH = 64;
const VALUES = 1024;
const OUT = 40_000;

let twins: Twins;
beforeAll(async () => {
  twins = await createTwins(65_536);
});

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const key = fc.tuple(word, word, word, word);
const values = gradientValues({ minLength: 1, maxLength: 400 });
const scaler = fc.oneof(
  fc.constantFrom(0, 1, 2 ** -100, 2 ** -149, 3.4028234663852886e38),
  fc.float({ min: 0, max: 2, noNaN: true }),
);

describe('SIMD and reference write the same bytes', () => {
  test('measure, for any finite values in any scale that keeps their squares finite', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(1, 2 ** -100, 2 ** 100), (gradient, wantedScale) => {
        const whole = padded(gradient, BLOCK_VALUES);
        const largest = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        // Beyond, sums are infinity minus infinity; the bits of a NaN differ between SIMD and JavaScript.
        const scale = largest * wantedScale < 2 ** 60 ? wantedScale : 2 ** -100;
        twins.write(VALUES, whole);
        twins.expectEqual((kernels) => kernels.measure(VALUES, whole.length / BLOCK_VALUES, scale, SCRATCH));
      }),
      { examples: [[Float32Array.of(3e38, -3e38, 3e38), 2 ** 100]] },
    );
  });

  test.each(['ternarizeBase3', 'ternarizeRows'] as const)(
    '%s, for any values, scaler, key and block',
    (name) => {
      fc.assert(
        fc.property(values, scaler, key, fc.nat(2 ** 30), (gradient, s, words, firstBlock) => {
          const whole = padded(gradient, BLOCK_VALUES);
          twins.write(VALUES, whole);
          twins.expectEqual((kernels) =>
            kernels[name](VALUES, whole.length / BLOCK_VALUES, s, ...words, firstBlock, OUT),
          );
        }),
      );
    },
  );
});

describe('measure', () => {
  test.each([
    ['infinity', Infinity],
    ['minus infinity', -Infinity],
    ['NaN', NaN],
  ])('finds %s anywhere in a block', (_name, bad) => {
    for (let at = 0; at < BLOCK_VALUES; at++) {
      const gradient = new Float32Array(BLOCK_VALUES).fill(1);
      gradient[at] = bad;
      twins.write(VALUES, gradient);
      twins.simd.measure(VALUES, 1, 1, SCRATCH);
      const [, squares] = new Float64Array(twins.simd.memory.buffer, SCRATCH, 2);
      expect(Number.isFinite(squares)).toBe(false);
    }
  });

  test('sums millions of values without losing digits', async () => {
    const count = 2_000_000;
    const big = await createTwins(VALUES + count * 4);
    const floats = new Float32Array(big.simd.memory.buffer, VALUES, count);
    floats.fill(0.1);
    big.simd.measure(VALUES, count / BLOCK_VALUES, 1, SCRATCH);
    const [sum, squares] = new Float64Array(big.simd.memory.buffer, SCRATCH, 2);
    const tenth = Math.fround(0.1);
    expect(sum! / count).toBeCloseTo(tenth, 7);
    expect(squares! / count).toBeCloseTo(tenth * tenth, 7);
  });
});

describe('ternarize', () => {
  const codesOf = (gradient: number[], s: number): number[] => {
    const whole = padded(Float32Array.from(gradient), BLOCK_VALUES);
    twins.write(VALUES, whole);
    twins.simd.ternarizeRows(VALUES, whole.length / BLOCK_VALUES, s, 1, 2, 3, 4, 0, OUT);
    return [...new Uint8Array(twins.simd.memory.buffer, OUT, gradient.length)].map((code) => code - 1);
  };

  test('a value at or beyond the scaler always fires, with its sign', () => {
    const gradient = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + (i % 3)));
    expect(codesOf(gradient, 1)).toEqual(gradient.map(Math.sign));
  });

  test('0 and -0 never fire', () => {
    const gradient = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 0 : -0));
    expect(codesOf(gradient, 1)).toEqual(gradient.map(() => 0));
  });

  test('without a scaler nothing fires', () => {
    expect(codesOf([1e-31, -1e-31, 1e30, 5], 0)).toEqual([0, 0, 0, 0]);
  });
});
