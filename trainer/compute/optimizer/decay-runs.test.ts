import { expect, test } from '@jest/globals';
import { planLayout } from '../../ternary/layout.ts';
import { decayRuns } from './decay-runs.ts';

function tensor(name: string, ...shape: number[]): { name: string; shape: number[]; size: number } {
  return { name, shape, size: shape.reduce((size, dimension) => size * dimension, 1) };
}

test('neighbours that decay alike are one run; the runs cover the vector in order', () => {
  const tensors = [
    tensor('a/kernel', 10, 10),
    tensor('a/bias', 10),
    tensor('b/kernel', 3, 3, 4),
    tensor('b/bias', 200),
  ];
  const layout = planLayout(tensors, ({ size }) => size < 50);
  // ternarized: a/kernel (2 blocks), b/bias (3); exempt: a/bias (1), b/kernel (1)
  expect(decayRuns(layout)).toEqual([
    { offset: 0, blocks: 2, decays: true },
    { offset: 160, blocks: 4, decays: false },
    { offset: 480, blocks: 1, decays: true },
  ]);
});

test('an empty model has no runs', () => {
  expect(decayRuns(planLayout([], () => false))).toEqual([]);
});
