import { describe, expect, test } from '@jest/globals';
import { hasSucceeded } from './success-policy.ts';
import { children, job, worker } from './testing/builders.ts';

const waitsForAll = 'successPolicy: {when: all}';

describe('the success policy', () => {
  test('rank 0 alone decides by default', () => {
    expect(hasSucceeded(job(2), children(worker(0).succeeded(), worker(1).running()))).toBe(true);
  });

  test('the others alone decide nothing', () => {
    expect(hasSucceeded(job(2), children(worker(0).running(), worker(1).succeeded()))).toBe(false);
  });

  test('`all` waits for every rank', () => {
    const all = job(2, waitsForAll);
    expect(hasSucceeded(all, children(worker(0).succeeded(), worker(1).running()))).toBe(false);
    expect(hasSucceeded(all, children(worker(0).succeeded(), worker(1).succeeded()))).toBe(true);
  });

  test('`minimum` counts the workers that ended well, whoever they are', () => {
    const two = job(3, 'successPolicy: {when: minimum, count: 2}');
    expect(hasSucceeded(two, children(worker(0).running(), worker(1).succeeded()))).toBe(false);
    expect(hasSucceeded(two, children(worker(1).succeeded(), worker(2).succeeded()))).toBe(true);
  });

  test('a fenced attempt that succeeded does not count', () => {
    expect(hasSucceeded(job(1), children(worker(0, 1).succeeded(), worker(0, 2).running()))).toBe(false);
  });

  test('a job without workers has not succeeded', () => {
    expect(hasSucceeded(job(2), [])).toBe(false);
  });
});
