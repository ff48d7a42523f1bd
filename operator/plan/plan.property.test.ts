import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Plan } from './plan.ts';
import { plan } from './plan.ts';
import type { PlannedJob } from './planned-job.ts';
import { at, job, progress } from './testing/builders.ts';
import type { WorkerChild, WorkerPhase } from './worker-child.ts';
import { isLive, newestAttempts } from './worker-child.ts';

const phases: readonly WorkerPhase[] = ['pending', 'running', 'succeeded', 'failed'];
const exitCodes = [64, 65, 66, 69, 70, 75, 76, 137, 1] as const;

/** Any set of workers, also those that should never be: gaps, several live attempts, ranks beyond the wanted. */
const anyChildren: fc.Arbitrary<readonly WorkerChild[]> = fc.uniqueArray(
  fc
    .record({
      rank: fc.nat(4),
      attempt: fc.integer({ min: 1, max: 3 }),
      phase: fc.constantFrom(...phases),
      exitCode: fc.constantFrom(...exitCodes),
      disrupted: fc.boolean(),
      finishedSecond: fc.nat(100),
    })
    .map(({ exitCode, finishedSecond, ...child }): WorkerChild => {
      const finishedAt = at(finishedSecond);
      const base = { ...child, createdAt: at(0) };
      if (child.phase === 'succeeded') return { ...base, exitCode: 0, finishedAt };
      return child.phase === 'failed' ? { ...base, exitCode, finishedAt } : base;
    }),
  { selector: ({ rank, attempt }) => `${rank}/${attempt}`, maxLength: 10 },
);

const smallJobs = [job(1), job(3), job(3, 'successPolicy: {when: all}'), job(2, 'activeDeadlineSeconds: 40')];

const anyJob: fc.Arbitrary<PlannedJob> = fc.record(
  {
    job: fc.constantFrom(...smallJobs),
    progress: fc.nat(100).map((step) => progress(step, { advancedAt: at(step) })),
    stopRequest: fc.constant({ requestedAt: at(20), message: 'interrupted' }),
  },
  { requiredKeys: ['job'] },
);

const anySecond = fc.nat(200);

/** The children after the plan was carried out, with stopped workers gone as asked. */
function carryOut(
  children: readonly WorkerChild[],
  { start, stop }: Plan,
  second: number,
): readonly WorkerChild[] {
  const stopped = new Set(stop.map(({ rank, attempt }) => `${rank}/${attempt}`));
  const kept = children.map((child): WorkerChild => {
    if (!stopped.has(`${child.rank}/${child.attempt}`)) return child;
    return { ...child, phase: 'failed', exitCode: 75, finishedAt: at(second) };
  });
  const started = start.map((identity): WorkerChild => ({
    ...identity,
    phase: 'pending',
    disrupted: false,
    createdAt: at(second),
  }));
  return [...kept, ...started];
}

describe('for any workers, a plan', () => {
  test('leaves at most one live, unfenced worker per rank', () => {
    fc.assert(
      fc.property(anyJob, anyChildren, anySecond, (planned, children, second) => {
        const after = carryOut(children, plan(planned, children, at(second)), second);
        const newest = newestAttempts(after);
        for (const child of after.filter(isLive)) expect(newest.get(child.rank)).toBe(child);
      }),
    );
  });

  test('never starts what exists and never stops what is gone', () => {
    fc.assert(
      fc.property(anyJob, anyChildren, anySecond, (planned, children, second) => {
        const { start, stop } = plan(planned, children, at(second));
        for (const one of start) expect(children.some(({ rank }) => rank === one.rank)).toBe(false);
        for (const one of stop) {
          const child = children.find(({ rank, attempt }) => rank === one.rank && attempt === one.attempt);
          expect(child !== undefined && isLive(child)).toBe(true);
        }
      }),
    );
  });

  test('is idempotent: the same look again changes nothing and tells nothing', () => {
    fc.assert(
      fc.property(anyJob, anyChildren, anySecond, (planned, children, second) => {
        const first = plan(planned, children, at(second));
        const again = plan({ ...planned, status: first.status }, children, at(second));
        expect(again).toEqual({ ...first, events: [] });
      }),
    );
  });

  test('keeps a terminal job terminal, with the same cause and end, whatever its workers do later', () => {
    fc.assert(
      fc.property(
        anyJob,
        anyChildren,
        anyChildren,
        anySecond,
        anySecond,
        (planned, children, others, second, more) => {
          const { status } = plan(planned, children, at(second));
          fc.pre(status.completionTime !== undefined);
          const later = plan({ ...planned, status }, others, at(second + more));
          expect(later.start).toEqual([]);
          expect(later.status.phase).toBe(status.phase);
          expect(later.status.cause).toEqual(status.cause);
          expect(later.status.completionTime).toBe(status.completionTime);
        },
      ),
    );
  });

  test('writes nothing for a settled job, at any later time', () => {
    fc.assert(
      fc.property(anyJob, anyChildren, anySecond, anySecond, (planned, children, second, more) => {
        const settled = children.filter((child) => !isLive(child));
        const first = plan(planned, settled, at(second));
        fc.pre(first.status.completionTime !== undefined);
        const later = plan({ ...planned, status: first.status }, settled, at(second + more));
        expect(later).toEqual({ start: [], stop: [], events: [], status: first.status });
      }),
    );
  });

  test('never plans a further look in the past', () => {
    fc.assert(
      fc.property(anyJob, anyChildren, anySecond, (planned, children, second) => {
        const { nextLookAt = at(1e6) } = plan(planned, children, at(second));
        expect(nextLookAt.getTime()).toBeGreaterThan(at(second).getTime());
      }),
    );
  });

  test('ends every failed job with a code that is not 0', () => {
    fc.assert(
      fc.property(anyJob, anyChildren, anySecond, (planned, children, second) => {
        const { status } = plan(planned, children, at(second));
        expect(status.phase === 'Failed').toBe((status.cause?.exitCode ?? 0) > 0);
      }),
    );
  });
});
