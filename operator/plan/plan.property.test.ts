import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { JobStatus } from '../../crds/status.ts';
import { conditionReasons } from './condition-reasons.ts';
import type { Plan } from './plan.ts';
import { plan } from './plan.ts';
import type { PlannedJob } from './planned-job.ts';
import { at, job, progress } from './testing/builders.ts';
import type { WorkerChild, WorkerPhase } from './worker-child.ts';
import { isLive, isPresent, newestAttempts } from './worker-child.ts';

const phases: readonly WorkerPhase[] = ['pending', 'running', 'succeeded', 'failed'];
const exitCodes = [64, 65, 66, 69, 70, 75, 76, 137, 1] as const;

/** Any set of workers, also those that should never be: gaps, several live attempts, ranks beyond the wanted. */
const anyChildren: fc.Arbitrary<readonly WorkerChild[]> = fc.uniqueArray(
  fc
    .record({
      rank: fc.nat(4),
      attempt: fc.integer({ min: 1, max: 3 }),
      phase: fc.constantFrom(...phases),
      ready: fc.boolean(),
      exitCode: fc.constantFrom(...exitCodes),
      disrupted: fc.boolean(),
      deleting: fc.boolean(),
      conditions: fc.constantFrom<readonly string[]>([], ['DisruptionTarget']),
      isWaiting: fc.boolean(),
      finishedSecond: fc.nat(100),
    })
    .map(({ exitCode, finishedSecond, isWaiting, ...child }): WorkerChild => {
      const finishedAt = at(finishedSecond);
      const base = { ...child, uid: `uid-${child.rank}-${child.attempt}`, createdAt: at(0) };
      if (child.phase === 'succeeded') return { ...base, exitCode: 0, finishedAt };
      if (child.phase === 'failed') return { ...base, exitCode, finishedAt };
      if (!isWaiting) return base;
      return { ...base, waiting: { reason: 'Unschedulable', message: 'no node', since: at(finishedSecond) } };
    }),
  { selector: ({ rank, attempt }) => `${rank}/${attempt}`, maxLength: 10 },
);

const smallJobs = [
  job(1),
  job(3),
  job(3, 'successPolicy: {when: all}', 'cleanPodPolicy: all'),
  job(2, 'activeDeadlineSeconds: 40', 'ttlSecondsAfterFinished: 50'),
  job(2, 'pendingDeadlineSeconds: 40', 'cleanPodPolicy: none'),
  job(3, 'suspend: true'),
  job(4, 'stragglerPolicy: {action: replace, forSeconds: 20}'),
  job(4, 'failurePolicy: {backoffLimit: 3}', 'successPolicy: {when: minimum, count: 2}'),
  job(2, 'failurePolicy: {backoffLimit: 9, rules: [{action: ignore, podCondition: DisruptionTarget}]}'),
];

const restartingJob = job(
  3,
  'failurePolicy: {backoffLimit: 9, rules: [{action: restartAll, exitCodes: [1, 70]}]}',
);

const anyFacts = {
  progress: fc.nat(100).map((step) => progress(step, { advancedAt: at(step) })),
  stopRequest: fc.constant({ requestedAt: at(20), message: 'interrupted' }),
  obstacles: fc.constant([{ reason: 'ChildRefused', message: 'exceeded quota', rank: 0, since: at(0) }]),
  generation: fc.constant(3),
};

/** Rank 0 misses some workers, of whatever attempt. */
const anyWait = fc
  .record({
    step: fc.nat(100),
    missed: fc.array(fc.record({ rank: fc.nat(4), attempt: fc.integer({ min: 1, max: 3 }) }), {
      maxLength: 3,
    }),
    second: fc.nat(100),
    heardSeconds: fc.nat(20),
  })
  .map(({ step, missed, second, heardSeconds }) =>
    progress(step, {
      ranks: [{ rank: 0, attempt: 1, step, state: 'waiting' }],
      suspects: missed.map((one) => ({
        ...one,
        reason: 'silent',
        since: at(second),
        heardAt: at(second + heardSeconds),
      })),
      advancedAt: at(step),
    }),
  );

/** All train, and some are slow, of whatever attempt. */
const anySlowness = fc
  .record({
    step: fc.nat(100),
    slow: fc.array(fc.record({ rank: fc.nat(4), attempt: fc.integer({ min: 1, max: 3 }) }), { maxLength: 3 }),
    second: fc.nat(100),
  })
  .map(({ step, slow, second }) =>
    progress(step, {
      ranks: [{ rank: 0, attempt: 1, step, state: 'training' }],
      stragglers: slow.map((one) => ({ ...one, slowdown: 3, since: at(second) })),
      advancedAt: at(step),
    }),
  );

const anyJob: fc.Arbitrary<PlannedJob> = fc.record(
  { job: fc.constantFrom(...smallJobs), ...anyFacts },
  { requiredKeys: ['job'] },
);
const anyJobOrRestarting: fc.Arbitrary<PlannedJob> = fc.record(
  {
    job: fc.constantFrom(...smallJobs, restartingJob),
    ...anyFacts,
    progress: fc.oneof(anyFacts.progress, anyWait, anySlowness),
  },
  { requiredKeys: ['job'] },
);

const anySecond = fc.nat(200);

/** The children after the plan was carried out, with stopped workers gone as asked. */
function carryOut(
  children: readonly WorkerChild[],
  { start, stop, kill, remove }: Plan,
  second: number,
): readonly WorkerChild[] {
  const keyOf = ({ rank, attempt }: { rank: number; attempt: number }) => `${rank}/${attempt}`;
  const stopped = new Set(stop.map(keyOf));
  const removed = new Set([...remove, ...kill].map(keyOf));
  const kept = children
    .filter((child) => !removed.has(keyOf(child)))
    .map((child): WorkerChild => {
      if (!stopped.has(keyOf(child))) return child;
      return { ...child, phase: 'failed', deleting: true, exitCode: 75, finishedAt: at(second) };
    });
  const started = start.map((identity): WorkerChild => ({
    ...identity,
    uid: `uid-${identity.rank}-${identity.attempt}`,
    phase: 'pending',
    ready: false,
    disrupted: false,
    conditions: [],
    deleting: false,
    createdAt: at(second),
  }));
  return [...kept, ...started];
}

/** As it comes back from where it was stored. */
function stored({ status }: Plan): JobStatus {
  return JSON.parse(JSON.stringify(status)) as JobStatus;
}

describe('for any workers, a plan', () => {
  test('leaves at most one live, unfenced worker per (job UID, rank), and none beyond the wanted ones', () => {
    fc.assert(
      fc.property(anyJobOrRestarting, anyChildren, anySecond, (planned, children, second) => {
        const first = plan(planned, children, at(second));
        const then = carryOut(children, first, second);
        const again = plan({ ...planned, status: stored(first) }, then, at(second + 1));
        const after = carryOut(then, again, second + 1);
        if (planned.job.spec.cleanPodPolicy === 'none' && again.status.completionTime !== undefined) return;
        if (again.nextLookAt !== undefined && again.status.state === 'Succeeded') return;
        const newest = newestAttempts(after);
        const live = after.filter(isPresent);
        for (const child of live) expect(newest.get(child.rank)).toBe(child);
        expect(live.length).toBeLessThanOrEqual(planned.job.spec.workers.replicas);
      }),
    );
  });

  test('starts only what does not exist, always a newer attempt, and stops only what lives', () => {
    fc.assert(
      fc.property(anyJobOrRestarting, anyChildren, anySecond, (planned, children, second) => {
        const { start, stop, remove } = plan(planned, children, at(second));
        for (const one of start) {
          const others = children.filter(({ rank }) => rank === one.rank);
          expect(others.every(({ attempt }) => attempt < one.attempt)).toBe(true);
          expect(newestAttempts(others.filter(isPresent)).get(one.rank)?.attempt).not.toBe(one.attempt - 1);
        }
        for (const [list, mustLive] of [
          [stop, true],
          [remove, false],
        ] as const) {
          for (const one of list) {
            const child = children.find(({ rank, attempt }) => rank === one.rank && attempt === one.attempt);
            expect(child !== undefined && isLive(child)).toBe(mustLive);
          }
        }
      }),
    );
  });

  test('kills only live workers that a stored suspicion gave up, never rank 0, and never more than it replaces', () => {
    fc.assert(
      fc.property(anyJobOrRestarting, anyChildren, anySecond, (planned, children, second) => {
        const first = plan(planned, children, at(second));
        expect(first.kill).toEqual([]);
        const status = stored(first);
        const { kill } = plan({ ...planned, status }, children, at(second + 0.001));
        const givenUp = status.failures?.filter(({ reason }) => reason === 'WorkerSuspected') ?? [];
        expect(kill.length).toBeLessThanOrEqual(planned.job.spec.workers.replicas / 2);
        for (const { rank, attempt } of kill) {
          expect(rank).not.toBe(0);
          const child = children.find((one) => one.rank === rank && one.attempt === attempt);
          expect(child !== undefined && isLive(child)).toBe(true);
          expect(givenUp).toContainEqual(expect.objectContaining({ uid: child?.uid, counted: false }));
        }
      }),
    );
  });

  test('is pure: it changes nothing of what it is given', () => {
    fc.assert(
      fc.property(anyJobOrRestarting, anyChildren, anySecond, (planned, children, second) => {
        const first = plan(planned, children, at(second));
        const given = { ...planned, status: first.status };
        const before = structuredClone({ given, children });
        plan(given, children, at(second + 1));
        expect({ given, children }).toEqual(before);
      }),
    );
  });

  test('is idempotent: the same look again changes nothing and tells nothing', () => {
    fc.assert(
      fc.property(anyJob, anyChildren, anySecond, (planned, children, second) => {
        const first = plan(planned, children, at(second));
        const again = plan({ ...planned, status: stored(first) }, children, at(second));
        expect(again.status).toEqual(first.status);
        expect(again).toMatchObject({ events: [], statusChange: 'none', stop: first.stop });
        expect(again.start).toEqual(first.start);
      }),
    );
  });

  test('terminal is terminal: the same cause and end, whatever the workers do later', () => {
    fc.assert(
      fc.property(
        anyJobOrRestarting,
        anyChildren,
        anyChildren,
        anySecond,
        anySecond,
        (planned, children, others, second, more) => {
          const { status } = plan(planned, children, at(second));
          fc.pre(status.completionTime !== undefined);
          const later = plan({ ...planned, status }, others, at(second + more));
          expect(later.start).toEqual([]);
          expect(later.events).toEqual([]);
          const { state, cause, completionTime, failureCount } = status;
          expect(later.status).toMatchObject({ state, completionTime, failureCount });
          expect(later.status.cause).toEqual(cause);
        },
      ),
    );
  });

  test('reconciling a settled job writes nothing, at any later time', () => {
    fc.assert(
      fc.property(
        anyJobOrRestarting,
        anyChildren,
        anySecond,
        anySecond,
        (planned, children, second, more) => {
          const settled = children.filter((child) => !isLive(child));
          const first = plan(planned, settled, at(second));
          fc.pre(first.status.completionTime !== undefined);
          const later = plan({ ...planned, status: stored(first) }, settled, at(second + more));
          expect(later).toMatchObject({
            start: [],
            stop: [],
            events: [],
            statusChange: 'none',
            support: false,
          });
          const without = plan({ ...planned, status: stored(first) }, [], at(second + more));
          expect({ ...without.status, ranks: [] }).toEqual({ ...first.status, ranks: [] });
        },
      ),
    );
  });

  test('never plans a further look in the past', () => {
    fc.assert(
      fc.property(anyJobOrRestarting, anyChildren, anySecond, (planned, children, second) => {
        const { nextLookAt = at(1e6) } = plan(planned, children, at(second));
        expect(nextLookAt.getTime()).toBeGreaterThan(at(second).getTime());
      }),
    );
  });

  test('ends every failed job with a code that is not 0', () => {
    fc.assert(
      fc.property(anyJobOrRestarting, anyChildren, anySecond, (planned, children, second) => {
        const { status } = plan(planned, children, at(second));
        expect(status.state === 'Failed').toBe((status.cause?.exitCode ?? 0) > 0);
      }),
    );
  });

  test('gives every condition a reason of the table, or one of the surroundings', () => {
    fc.assert(
      fc.property(anyJobOrRestarting, anyChildren, anySecond, (planned, children, second) => {
        const { status } = plan(planned, children, at(second));
        for (const { type, reason } of status.conditions ?? []) {
          const known: readonly string[] = conditionReasons[type as keyof typeof conditionReasons];
          const foreign = [status.cause?.reason, 'Unschedulable', 'ChildRefused'];
          expect(known.includes(reason) || foreign.includes(reason)).toBe(true);
        }
      }),
    );
  });

  test('every stuck state says why within 30 s, at the looks that the plan itself asks for', () => {
    fc.assert(
      fc.property(anyJob, anyChildren, anySecond, (planned, children, second) => {
        // From then on nothing happens any more: no worker changes, no step is reported.
        fc.pre((planned.progress?.advancedAt ?? at(0)) <= at(second));
        const { state = 'Pending', conditions = [] } = statusAfter(STUCK_SECONDS, planned, children, second);
        fc.pre(!['Suspended', 'Succeeded', 'Failed'].includes(state));
        const isSaid = conditions.some(
          ({ type, status }) =>
            (type === 'Blocked' && status === 'True') || (type === 'Progressing' && status === 'False'),
        );
        expect({ state, conditions, isSaid }).toMatchObject({ isSaid: true });
      }),
    );
  });
});

/** A millisecond more than the 30 s: what lasts longer than that is said. */
const STUCK_SECONDS = 30.001;
/** Far more than any job asks for in that time. */
const MAX_LOOKS = 20;

/** What is stored when nothing happens for a while and nobody looks but when the plan asked for it. */
function statusAfter(
  seconds: number,
  planned: PlannedJob,
  children: readonly WorkerChild[],
  second: number,
): JobStatus {
  let next = plan(planned, children, at(second));
  let status = stored(next);
  for (let looks = 1; next.nextLookAt !== undefined && next.nextLookAt <= at(second + seconds); looks += 1) {
    if (looks > MAX_LOOKS) throw new Error(`more than ${MAX_LOOKS} looks though nothing happens`);
    next = plan({ ...planned, status }, children, next.nextLookAt);
    if (next.statusChange !== 'none') status = stored(next);
  }
  return status;
}
