import { describe, expect, test } from '@jest/globals';
import type { JobProgress } from './progress.ts';
import { at, job, progress } from './testing/builders.ts';
import { Simulation } from './testing/simulation.ts';

interface Wait {
  /** All times in seconds. */
  readonly heard: number;
  /** Default 30. */
  readonly since?: number;
  /** Default 20. */
  readonly step?: number;
}

/** What rank 0 reports while it waits for these ranks of a job with `size` workers, all first attempts. */
function waitingFor(
  suspected: readonly number[],
  size: number,
  { heard, since = 30, step = 20 }: Wait,
): JobProgress {
  return progress(step, {
    ranks: Array.from({ length: size }, (_, rank) => ({
      rank,
      attempt: 1,
      step,
      state: suspected.includes(rank) ? 'joining' : 'waiting',
    })),
    suspects: suspected.map((rank) => ({
      rank,
      attempt: 1,
      reason: 'the others wait for it: its stream has ended',
      since: at(since),
      heardAt: at(heard),
    })),
  });
}

/** A job whose workers trained up to step 20. */
function trained(size: number, ...spec: readonly string[]): Simulation {
  const run = new Simulation({ job: job(size, ...spec) }).started();
  run.look(29, { progress: progress(20) });
  return run;
}

describe('a worker that rank 0 waits for, and whose process or pod is there', () => {
  test('is given up after 5 seconds: first stored, then killed and replaced at once, for free', () => {
    const run = trained(3);
    expect(run.look(31, { progress: waitingFor([2], 3, { heard: 31 }) })).toMatchObject({
      kill: [],
      start: [],
    });
    const suspect = { progress: waitingFor([2], 3, { heard: 35 }) };
    const decided = run.look(35, suspect);
    expect(decided).toMatchObject({ kill: [], stop: [], start: [], statusChange: 'facts' });
    expect(decided.nextLookAt).toEqual(new Date(at(35).getTime() + 1));
    const acted = run.look(35.1, suspect);
    expect(acted).toMatchObject({
      kill: [{ rank: 2, attempt: 1 }],
      stop: [],
      start: [{ rank: 2, attempt: 2 }],
    });
    run.look(36, suspect);
    expect(run.live).toEqual(['0/1', '1/1', '2/2']);
    expect(run.status).toMatchObject({
      failureCount: 0,
      restarts: 1,
      failures: [{ uid: 'uid-2-1', counted: false, reason: 'WorkerSuspected' }],
    });
    expect(run.status?.failures?.[0]?.message).toMatch(
      /worker 2 was there and did not take part: .*its stream has ended, since 2030-01-01T00:00:30/,
    );
    expect(run.events).toEqual(['JobRunning', 'WorkerFailed', 'WorkerReplaced']);
  });

  test('is not given up for what rank 0 said seconds ago, which may have passed since', () => {
    const run = trained(3);
    const said = { progress: waitingFor([2], 3, { heard: 31 }) };
    run.look(31, said);
    run.look(36, said);
    expect(run.look(37, said)).toMatchObject({ kill: [], start: [] });
    run.look(38, { progress: progress(21) });
    expect(run.look(39, { progress: progress(21) })).toMatchObject({ kill: [], start: [] });
    expect(run.status?.failures).toBeUndefined();
  });

  test('is killed again at every look until it is gone, also after a restart of the operator', () => {
    const run = trained(3);
    run.look(35, { progress: waitingFor([2], 3, { heard: 35 }) });
    const kill = [{ rank: 2, attempt: 1 }];
    expect(run.preview(36)).toMatchObject({ kill, start: [{ rank: 2, attempt: 2 }] });
    run.carryOut({ ...run.preview(36), kill: [] }, 36);
    expect(run.look(37)).toMatchObject({ kill, stop: [], start: [] });
  });

  test('is given up once per attempt: the next one has its chance, and waits longer each time', () => {
    const run = trained(2);
    const suspecting = (
      attempt: number,
      since: number,
      heard: number,
    ): Partial<{ progress: JobProgress }> => {
      const { suspects, ...rest } = waitingFor([1], 2, { since, heard });
      return { progress: { ...rest, suspects: suspects.map((one) => ({ ...one, attempt })) } };
    };
    run.look(40, suspecting(1, 30, 40));
    run.look(40.1, suspecting(1, 30, 40));
    run.run(41);
    // Still the old attempt that is missed, then the new one, in its first seconds.
    expect(run.look(42, suspecting(1, 30, 42)).kill).toEqual([]);
    expect(run.look(50.9, suspecting(2, 42, 50.9))).toMatchObject({ kill: [] });
    run.look(51, suspecting(2, 42, 51));
    expect(run.look(51.1, suspecting(2, 42, 51))).toMatchObject({
      kill: [{ rank: 1, attempt: 2 }],
      start: [],
      nextLookAt: at(61),
    });
    expect(run.look(61, suspecting(2, 42, 61)).start).toEqual([{ rank: 1, attempt: 3 }]);
    expect(run.status?.failureCount).toBe(0);
  });

  test.each<[string, (run: Simulation) => JobProgress]>([
    [
      'an attempt that has been replaced',
      () => {
        const { suspects, ...rest } = waitingFor([1], 2, { heard: 100 });
        return { ...rest, suspects: suspects.map((one) => ({ ...one, attempt: 7 })) };
      },
    ],
    [
      'one that somebody takes away already',
      (run) => {
        run.change(1, { deleting: true });
        return waitingFor([1], 2, { heard: 100 });
      },
    ],
    [
      'one that has not started',
      (run) => {
        run.change(1, { phase: 'pending' });
        return waitingFor([1], 2, { heard: 100 });
      },
    ],
    ['rank 0 itself', () => waitingFor([0], 2, { heard: 100 })],
    [
      'anyone, by a rank 0 that has not got the state itself',
      () => waitingFor([1], 2, { heard: 100, step: 0 }),
    ],
  ])('never applies to %s', (_, report) => {
    const run = trained(2);
    const said = { progress: report(run) };
    run.look(100, said);
    expect(run.look(101, said).kill).toEqual([]);
    expect(run.status?.failures?.some(({ reason }) => reason === 'WorkerSuspected') ?? false).toBe(false);
  });

  test('is left alone where rank 0 misses more than half of all: then rank 0 is the one cut off', () => {
    const run = trained(4);
    run.look(100, { progress: waitingFor([1, 2, 3], 4, { heard: 100 }) });
    expect(run.look(101, { progress: waitingFor([1, 2, 3], 4, { heard: 100 }) }).kill).toEqual([]);
    run.look(102, { progress: waitingFor([1, 2], 4, { heard: 100 }) });
    expect(run.look(103, { progress: waitingFor([1, 2], 4, { heard: 100 }) }).kill).toHaveLength(2);
  });

  test('costs no worker of a suspended job', () => {
    const run = trained(2);
    const suspended = { ...run.planned.job, spec: { ...run.planned.job.spec, suspend: true } };
    run.look(100, { job: suspended, progress: waitingFor([1], 2, { heard: 100 }) });
    const { kill, stop } = run.look(101, { job: suspended, progress: waitingFor([1], 2, { heard: 100 }) });
    expect({ kill, failures: run.status?.failures }).toEqual({ kill: [], failures: undefined });
    expect(stop.length).toBeGreaterThan(0);
  });
});

describe('while rank 0 waits, the job', () => {
  const conditionOf = ({ status }: Simulation, type: string): string | undefined => {
    const condition = status?.conditions?.find((one) => one.type === type);
    return condition && `${condition.status} ${condition.reason}: ${condition.message}`;
  };

  test('says at once for whom the others wait, since when, and with which state', () => {
    const run = trained(3);
    run.look(31, { progress: waitingFor([2], 3, { heard: 31 }) });
    expect(run.status).toMatchObject({ state: 'Restarting', step: 20 });
    expect(conditionOf(run, 'Progressing')).toBe(
      'False WaitingForWorkers: the workers that are left keep the state after step 20 and wait for worker 2 ' +
        'since 2030-01-01T00:00:30.000Z (the others wait for it: its stream has ended)',
    );
    run.look(32, { progress: progress(21, { advancedAt: at(32) }) });
    expect(run.status).toMatchObject({ state: 'Running' });
    expect(conditionOf(run, 'Progressing')).toBe('True StepsConfirmed: steps are confirmed');
  });

  test('names a worker that is not there, since its end', () => {
    const run = trained(3);
    run.fail(1, 137, 30);
    run.look(30);
    expect(conditionOf(run, 'Progressing')).toMatch(
      /^False WaitingForWorkers: .* step 20 and wait for worker 1 since 2030-01-01T00:00:30/,
    );
  });

  test('is not Running because the pods are still said to be ready', () => {
    const run = trained(3);
    expect(run.children.every(({ ready }) => ready)).toBe(true);
    expect(run.look(31, { progress: waitingFor([2], 3, { heard: 31 }) }).status.state).toBe('Restarting');
  });

  test('keeps its step when a new rank 0 does not know it yet', () => {
    const run = trained(3);
    run.fail(0, 137, 30);
    run.look(30);
    run.look(31);
    run.run(32);
    run.change(0, { ready: false });
    run.look(33, { progress: progress(0, { ranks: [], suspects: [] }) });
    expect(run.status).toMatchObject({ step: 20, state: 'Restarting', summary: { step: '20/100' } });
  });

  test('says so when nobody is left who has the state', () => {
    const run = trained(2);
    for (const rank of [0, 1]) run.fail(rank, 137, 30);
    run.look(30);
    expect(conditionOf(run, 'Progressing')).toMatch(/no worker is left that has the state after step 20/);
  });

  test('is Starting, not waiting, while its workers meet for the first time', () => {
    const run = new Simulation({ job: job(2) });
    run.look(0);
    run.children = run.children.map((child) => ({ ...child, phase: 'running', startedAt: at(1) }));
    run.look(2, { progress: progress(0, { ranks: [] }) });
    expect(run.status?.state).toBe('Starting');
    expect(conditionOf(run, 'Progressing')).toMatch(/^Unknown NotStarted/);
  });
});
