import { describe, expect, test } from '@jest/globals';
import { noiseFactor } from './noise-schedule.ts';

describe('noiseFactor', () => {
  test('constant is 1', () => {
    expect([0, 50, 100].map((step) => noiseFactor('constant', step, 100))).toEqual([1, 1, 1]);
  });

  test('annealed falls from 1 as sqrt(1 / (1 + step)^0.55)', () => {
    expect(noiseFactor('annealed', 0, 100)).toBe(1);
    expect(noiseFactor('annealed', 99, 100)).toBeCloseTo(Math.sqrt(1 / 100 ** 0.55), 12);
  });

  test('rampUp rises from nearly 0 over a half to nearly 1', () => {
    expect(noiseFactor('rampUp', 0, 100)).toBeCloseTo(0, 4);
    expect(noiseFactor('rampUp', 50, 100)).toBe(0.5);
    expect(noiseFactor('rampUp', 100, 100)).toBeCloseTo(1, 4);
  });
});
