import { describe, expect, test } from '@jest/globals';
import type { JobStatus } from '../../crds/status.ts';
import { plan } from './plan.ts';
import { statusChange } from './status-change.ts';
import { at, children, job, progress, worker } from './testing/builders.ts';

const workers = children(worker(0).ready(), worker(1).ready());
const { status } = plan({ job: job(2), generation: 1 }, workers, at(1));

describe('the change of a status', () => {
  test('is of a start when there was none and the first workers are made', () => {
    const isPending = children(worker(0), worker(1).running());
    const starting = plan({ job: job(2), generation: 1 }, isPending, at(1)).status;
    expect(statusChange(undefined, starting)).toBe('start');
  });

  test.each<[string, Partial<JobStatus>]>([
    ['the workers have met', {}],
    ['something is in the way', { state: 'Pending' }],
    ['a worker has failed', { state: 'Starting', failureCount: 1 }],
    ['a worker is lost', { state: 'Starting', ranks: [{ rank: 0, attempt: 1, state: 'lost' }] }],
    ['a worker has a new attempt', { state: 'Starting', ranks: [{ rank: 0, attempt: 2, state: 'pending' }] }],
    ['the job is suspended', { state: 'Suspended' }],
  ])('is of facts when there was none and %s', (_, change) => {
    expect(statusChange(undefined, { ...status, ...change })).toBe('facts');
  });

  test('is none for the same content, in whatever order, with conditions that others added', () => {
    const reversed = Object.fromEntries(Object.entries(status).toReversed()) as JobStatus;
    const foreign = { ...status.conditions?.[0], type: 'QuotaReserved' } as never;
    const stored = { ...reversed, conditions: [...(status.conditions ?? []), foreign], step: undefined };
    expect(statusChange(stored, status)).toBe('none');
  });

  test.each<[string, Partial<JobStatus>]>([
    ['state', { state: 'Restarting' }],
    ['generation', { observedGeneration: 2 }],
    ['failures', { failureCount: 1 }],
    ['restarts', { restarts: 1 }],
    ['end', { completionTime: at(5).toISOString() }],
    ['a rank that ended', { ranks: [{ rank: 0, attempt: 1, uid: 'uid-0-1', state: 'failed' }] }],
    ['a rank with a new attempt', { ranks: [{ rank: 0, attempt: 2, uid: 'uid-0-2', state: 'pending' }] }],
    ['a condition that is gone', { conditions: [] }],
  ])('is of facts: %s', (_, change) => {
    expect(statusChange(status, { ...status, ...change })).toBe('facts');
  });

  test.each<[string, Partial<JobStatus>]>([
    ['step', { step: 7 }],
    ['columns', { summary: { workers: '1/2' } }],
    ['ready workers', { readyWorkers: 1 }],
    ['words', { conditions: status.conditions?.map((one) => ({ ...one, message: 'other words' })) }],
  ])('is of figures: %s', (_, change) => {
    expect(statusChange(status, { ...status, ...change })).toBe('figures');
  });

  test('during the first start of a job is of figures, worker by worker, until they have met', () => {
    const first = plan({ job: job(3) }, [], at(0));
    let stored = first.status;
    const changes = [1, 2, 3].map((count) => {
      const seen = children(...[0, 1, 2].slice(0, count).map((rank) => worker(rank).running()));
      const next = plan({ job: job(3), status: stored }, seen, at(count));
      stored = next.status;
      return next.statusChange;
    });
    expect(changes).toEqual(['figures', 'figures', 'figures']);
    const met = plan(
      { job: job(3), status: stored, progress: progress(1) },
      children(...[0, 1, 2].map((rank) => worker(rank).running())),
      at(4),
    );
    expect(met.statusChange).toBe('facts');
  });
});
