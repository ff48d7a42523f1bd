import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createSampler, permutation, totalSteps, type SamplerState } from './sampler.ts';

const start: SamplerState = { epoch: 0, cursor: 0 };

describe('permutation', () => {
  test('holds every index once', () => {
    expect([...permutation(1000, 1, 0)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
  });

  test('is the same for the same seed and epoch, another for another', () => {
    expect(permutation(100, 1, 0)).toEqual(permutation(100, 1, 0));
    expect(permutation(100, 1, 0)).not.toEqual(permutation(100, 1, 1));
    expect(permutation(100, 1, 0)).not.toEqual(permutation(100, 2, 0));
  });
});

describe('createSampler', () => {
  test('every example is taken once per epoch, for any batch size and any change of the membership', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 250 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (examples, batchSize, seed, memberCounts) => {
          const sampler = createSampler({ examples, seed, batchSize });
          let state = start;
          let steps = 0;
          for (const epoch of [0, 1]) {
            const taken: number[] = [];
            while (state.epoch === epoch) {
              const memberCount = memberCounts.next().value;
              for (let i = 0; i < memberCount; i++)
                taken.push(...sampler.slice(state, i, memberCount).indices);
              state = sampler.next(state);
              steps++;
            }
            expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: examples }, (_, i) => i));
          }
          expect(steps).toBe(2 * sampler.stepsPerEpoch);
        },
      ),
    );
  });

  test('slices of a step differ by one example at most, and their scales average to 1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 12 }),
        (examples, batchSize, memberCount) => {
          const sampler = createSampler({ examples, seed: 1, batchSize });
          const slices = Array.from({ length: memberCount }, (_, i) => sampler.slice(start, i, memberCount));
          const sizes = slices.map(({ indices }) => indices.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          const meanScale = slices.reduce((sum, { scale }) => sum + scale, 0) / memberCount;
          expect(meanScale).toBeCloseTo(1, 12);
        },
      ),
    );
  });

  test('scaled local means average to the mean over the batch', () => {
    const sampler = createSampler({ examples: 10, seed: 1, batchSize: 10 });
    const average = [0, 1, 2].reduce((sum, i) => {
      const { indices, scale } = sampler.slice(start, i, 3);
      const localMean = [...indices].reduce((total, index) => total + index ** 2, 0) / indices.length;
      return sum + (localMean * scale) / 3;
    }, 0);
    expect(average).toBeCloseTo([...Array(10).keys()].reduce((sum, i) => sum + i ** 2, 0) / 10, 10);
  });

  test('the last batch of an epoch is short', () => {
    const sampler = createSampler({ examples: 10, seed: 1, batchSize: 4 });
    expect(sampler.stepsPerEpoch).toBe(3);
    expect([0, 1, 2, 3].map((step) => sampler.stepBatch(sampler.stateAt(step)))).toEqual([4, 4, 2, 4]);
  });

  test('a member beyond a short batch gets nothing, at scale 0', () => {
    const sampler = createSampler({ examples: 2, seed: 1, batchSize: 4 });
    const slices = [0, 1, 2].map((i) => sampler.slice(start, i, 3));
    expect(slices.map(({ indices }) => indices.length)).toEqual([0, 1, 1]);
    expect(slices.map(({ scale }) => scale)).toEqual([0, 1.5, 1.5]);
  });

  test('stateAt counts as next does', () => {
    const sampler = createSampler({ examples: 10, seed: 1, batchSize: 3 });
    let state = start;
    for (let step = 0; step < 13; step++) {
      expect(sampler.stateAt(step)).toEqual(state);
      state = sampler.next(state);
    }
  });

  test('a state may be visited again: a step is redone with the same examples', () => {
    const sampler = createSampler({ examples: 50, seed: 1, batchSize: 8 });
    const first = [...sampler.slice({ epoch: 0, cursor: 8 }, 0, 1).indices];
    sampler.slice({ epoch: 3, cursor: 0 }, 0, 1);
    expect([...sampler.slice({ epoch: 0, cursor: 8 }, 0, 1).indices]).toEqual(first);
  });
});

test('totalSteps takes steps as they are and turns epochs into steps', () => {
  const sampler = createSampler({ examples: 60_000, seed: 1, batchSize: 64 });
  expect(totalSteps(sampler, { steps: 7 })).toBe(7);
  expect(totalSteps(sampler, { epochs: 2 })).toBe(1876);
});
