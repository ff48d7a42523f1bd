import { describe, expect, test } from '@jest/globals';
import { LEAST_SCALER, localScalers, shareScalers } from './scaler.ts';

function scalerOf(maximum: number, sigma: number, clip: number): number {
  return localScalers(
    { maximum: Float32Array.of(maximum), sigma: Float64Array.of(sigma) },
    clip,
    new Float32Array(1),
  )[0]!;
}

describe('a worker`s scaler', () => {
  test.each([
    ['clip * sigma when the tail is longer', 10, 1, 2.5, 2.5],
    ['max |g| when clip * sigma exceeds it', 2, 1, 2.5, 2],
    ['max |g| when clipping is off', 10, 1, 0, 10],
    ['max |g| when sigma is 0: a constant tensor, or one value', 3, 0, 2.5, 3],
    ['0 for a tensor of zeros', 0, 0, 2.5, 0],
    ['max |g| when clip * sigma overflows', 3e38, 2e38, 2.5, 3e38],
    ['0 below the least scaler', LEAST_SCALER / 2, 0, 0, 0],
    ['itself at the least scaler', LEAST_SCALER, 0, 0, LEAST_SCALER],
  ])('is %s', (_what, maximum, sigma, clip, expected) => {
    expect(scalerOf(maximum, sigma, clip)).toBe(Math.fround(expected));
  });

  test('is found unit by unit', () => {
    const statistics = { maximum: Float32Array.of(1, 10), sigma: Float64Array.of(0.1, 0.1) };
    const out = new Float32Array(2);
    expect(localScalers(statistics, 2.5, out)).toBe(out);
    expect([...out]).toEqual([0.25, 0.25]);
  });
});

test('the shared scaler is the largest of the workers`', () => {
  const shared = Float32Array.of(1, 2, 0);
  expect([...shareScalers(shared, Float32Array.of(0.5, 3, 0))]).toEqual([1, 3, 0]);
  expect([...shared]).toEqual([1, 3, 0]);
});
