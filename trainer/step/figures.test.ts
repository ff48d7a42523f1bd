import { expect, test } from '@jest/globals';
import { Figures, median, type StepFigure } from './figures.ts';

function step(change: Partial<StepFigure> = {}): StepFigure {
  return {
    phases: { compute: 20, encode: 1, barrier: 1, push: 1, pull: 1, apply: 1 },
    samples: 64,
    meanLoss: 1,
    slowestComputeMs: 22,
    totalMs: 25,
    ...change,
  };
}

test.each([
  [[], 0],
  [[5], 5],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])('the median of %p is %p', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('before the first step there is nothing to report', () => {
  const figures = new Figures();
  expect(figures.loss).toBeUndefined();
  expect(figures.stepMs).toBeUndefined();
  expect(figures.samplesPerSecond).toBe(0);
});

test('throughput counts the whole job over the whole run', () => {
  const figures = new Figures();
  for (let i = 0; i < 10; i += 1) figures.add(step({ totalMs: 50 }));
  expect(figures.samplesPerSecond).toBe((10 * 64) / 0.5);
});

test('the exchange costs what a step takes beyond the slowest member compute', () => {
  const figures = new Figures();
  figures.add(step({ totalMs: 25, slowestComputeMs: 22 }));
  figures.add(step({ totalMs: 40, slowestComputeMs: 30 }));
  figures.add(step({ totalMs: 26, slowestComputeMs: 21 }));
  expect(figures.stepMs?.beyondCompute).toBe(5);
});

test('the loss is the mean over the last fifty steps, also after the memory wrapped around', () => {
  const figures = new Figures();
  for (let i = 0; i < 5000; i += 1) figures.add(step({ meanLoss: i < 4950 ? 100 : 2 }));
  expect(figures.steps).toBe(5000);
  expect(figures.loss).toBe(2);
});
