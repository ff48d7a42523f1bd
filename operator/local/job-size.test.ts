import { describe, expect, test } from '@jest/globals';
import { elastic, job } from '../plan/testing/builders.ts';
import { mostRanks, resized } from './job-size.ts';
import { localJob } from './local-job.ts';

const bounded = localJob(elastic(job(3), 2, 5), 'uid-1');

describe('the size of a running job', () => {
  test.each([2, 3, 5])('can become %d within its bounds, and nothing else of it changes', (replicas) => {
    const next = resized(bounded, replicas);
    expect(next.spec.workers.replicas).toBe(replicas);
    const { replicas: _new, ...workers } = next.spec.workers;
    const { replicas: _old, ...before } = bounded.spec.workers;
    expect({ ...next, spec: { ...next.spec, workers } }).toEqual({
      ...bounded,
      spec: { ...bounded.spec, workers: before },
    });
  });

  test.each([0, 1, 6, 2.5, -1, Number.NaN])('cannot become %d: the bounds are named', (replicas) => {
    expect(() => resized(bounded, replicas)).toThrow(
      `the job small cannot have ${replicas} workers: spec.workers.elastic allows 2 to 5`,
    );
  });

  test('of a job without bounds stays, and the message says why', () => {
    expect(() => resized(localJob(job(3), 'uid-1'), 4)).toThrow(
      /keeps its 3 workers.*spec\.workers\.elastic/,
    );
  });

  test('cannot become one that breaks another rule of the job', () => {
    const counting = localJob(elastic(job(3, 'successPolicy: {when: minimum, count: 3}'), 2, 5), 'uid-1');
    expect(() => resized(counting, 2)).toThrow(/successPolicy\.count.*at most 'workers\.replicas'/);
  });

  test('is prepared for up to its maximum', () => {
    expect([mostRanks(bounded), mostRanks(job(3))]).toEqual([5, 3]);
  });
});
