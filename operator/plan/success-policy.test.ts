import { describe, expect, test } from '@jest/globals';
import { ranksOf } from './ranks.ts';
import { hasSucceeded } from './success-policy.ts';
import type { WorkerBuilder } from './testing/builders.ts';
import { children, worker } from './testing/builders.ts';

type Policy = Parameters<typeof hasSucceeded>[0];

function succeeded(policy: Policy, size: number, ...workers: readonly WorkerBuilder[]): boolean {
  return hasSucceeded(policy, ranksOf([], children(...workers), size));
}

const rank0: Policy = { when: 'rank0' };
const all: Policy = { when: 'all' };

describe('the success policy', () => {
  test('rank 0 alone decides by default', () => {
    expect(succeeded(rank0, 2, worker(0).succeeded(), worker(1).running())).toBe(true);
  });

  test('the others alone decide nothing', () => {
    expect(succeeded(rank0, 2, worker(0).running(), worker(1).succeeded())).toBe(false);
  });

  test('`all` waits for every rank', () => {
    expect(succeeded(all, 2, worker(0).succeeded(), worker(1).running())).toBe(false);
    expect(succeeded(all, 2, worker(0).succeeded(), worker(1).succeeded())).toBe(true);
  });

  test('`minimum` counts the workers that ended well, whoever they are', () => {
    const two: Policy = { when: 'minimum', count: 2 };
    expect(succeeded(two, 3, worker(0).running(), worker(1).succeeded())).toBe(false);
    expect(succeeded(two, 3, worker(1).succeeded(), worker(2).succeeded())).toBe(true);
  });

  test('a fenced attempt that succeeded does not count', () => {
    expect(succeeded(rank0, 1, worker(0, 1).succeeded(), worker(0, 2).running())).toBe(false);
  });

  test('a worker beyond the wanted ones does not count', () => {
    expect(succeeded({ when: 'minimum', count: 1 }, 1, worker(0).running(), worker(1).succeeded())).toBe(
      false,
    );
  });

  test('a success is remembered when its pod is gone', () => {
    const stored = [{ rank: 0, attempt: 1, uid: 'uid-0-1', state: 'succeeded' as const }];
    expect(hasSucceeded(rank0, ranksOf(stored, [], 1))).toBe(true);
  });

  test('a job without workers has not succeeded', () => {
    expect(succeeded(rank0, 2)).toBe(false);
  });
});
