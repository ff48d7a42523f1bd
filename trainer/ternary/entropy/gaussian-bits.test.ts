import { expect, test } from '@jest/globals';
import { entropyOf, gaussianBits } from './gaussian-bits.ts';

test.each([
  // 31.9 % of the codes are not zero at clip 2.5; sums of N as the model of the paper's section on bits gives them
  [2.5, 1, 1.22, 1.22],
  [2.5, 2, 1.22, 1.72],
  [2.5, 4, 1.22, 2.22],
  [2.5, 8, 1.22, 2.72],
])('at clip %d, %i workers: %d bits to push, %d to pull', (clip, members, push, pull) => {
  const bits = gaussianBits(clip, members);
  expect(bits.push).toBeCloseTo(push, 2);
  expect(bits.pull).toBeCloseTo(pull, 2);
});

test('without any choice there is nothing to send', () => {
  expect(entropyOf([0, 1, 0])).toBe(0);
  expect(entropyOf([1 / 3, 1 / 3, 1 / 3])).toBeCloseTo(Math.log2(3), 10);
});
