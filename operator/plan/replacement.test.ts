import { describe, expect, test } from '@jest/globals';
import { Simulation } from './testing/simulation.ts';
import { at, job } from './testing/builders.ts';

const patient = job(3, 'failurePolicy: {backoffLimit: 5}');

describe('a worker that failed', () => {
  test('is replaced at once the first time, the others are left alone', () => {
    const run = new Simulation({ job: patient }).started();
    run.fail(1, 1, 10);
    const { start, stop, status } = run.look(10);
    expect(start).toEqual([{ rank: 1, attempt: 2 }]);
    expect(stop).toEqual([]);
    expect(status).toMatchObject({ state: 'Restarting', failureCount: 1, restarts: 0 });
    run.look(11);
    expect(run.live).toEqual(['0/1', '1/2', '2/1']);
    expect(run.status).toMatchObject({ state: 'Restarting', failureCount: 1, restarts: 1 });
    run.run(12);
    expect(run.look(12).status.state).toBe('Running');
    expect(run.events).toEqual(['JobRunning', 'WorkerFailed', 'WorkerReplaced', 'JobRunning']);
  });

  test('waits longer each time, by the stored times', () => {
    const run = new Simulation({ job: patient }).started();
    const startsAfter: number[] = [];
    let second = 10;
    for (let failure = 0; failure < 4; failure += 1) {
      run.fail(1, 1, second);
      let wait = 0;
      while (run.look(second + wait).start.length === 0) wait += 1;
      startsAfter.push(wait);
      second += wait + 1;
      run.run(second);
      run.look(second);
      second += 1;
    }
    expect(startsAfter).toEqual([0, 10, 20, 40]);
    expect(run.status).toMatchObject({
      failureCount: 4,
      restarts: 4,
      ranks: [{}, { failures: 4, attempt: 5 }, {}],
    });
  });

  test('is looked at again when its wait is over, and the status says when that is', () => {
    const run = new Simulation({ job: patient }).started();
    run.fail(1, 1, 10);
    run.look(10);
    run.run(11);
    run.look(11);
    run.fail(1, 1, 12);
    const next = run.look(12);
    expect(next.nextLookAt).toEqual(at(22));
    const running = next.status.conditions?.find(({ type }) => type === 'Running');
    expect(running).toMatchObject({
      reason: 'WorkersRestarting',
      message: `waiting for the start of worker 1; the next attempt starts at ${at(22).toISOString()}; training goes on once all workers have met`,
    });
  });

  test('is counted once, however often it is looked at before and after its object is gone', () => {
    const run = new Simulation({ job: patient }).started();
    run.fail(1, 1, 10);
    for (const second of [10, 11, 12]) run.look(second);
    run.children = run.children.filter(({ phase }) => phase !== 'failed');
    for (const second of [13, 14]) run.look(second);
    expect(run.status).toMatchObject({ failureCount: 1, restarts: 1 });
    expect(run.status?.failures).toHaveLength(1);
  });

  test('is counted once when the operator dies after it started the replacement, before the status was stored', () => {
    const run = new Simulation({ job: patient }).started();
    run.fail(1, 1, 10);
    run.carryOut(run.preview(10), 10);
    const { start } = run.look(11);
    expect(start).toEqual([]);
    run.look(12);
    expect(run.live).toEqual(['0/1', '1/2', '2/1']);
    expect(run.status).toMatchObject({ failureCount: 1, restarts: 1 });
  });

  test('ends the job when the limit is passed, whatever happened in between', () => {
    const run = new Simulation({ job: job(1, 'failurePolicy: {backoffLimit: 1}') }).started();
    run.fail(0, 1, 10);
    run.look(10);
    run.run(11);
    run.look(11);
    run.fail(0, 3, 12);
    expect(run.look(12).status).toMatchObject({
      state: 'Failed',
      failureCount: 2,
      cause: { exitCode: 3, attempt: 2, message: expect.stringMatching(/backoffLimit \(1\)/) },
    });
  });
});

describe('a worker that is taken away', () => {
  test('is replaced at once, for free, while its pod still terminates', () => {
    const run = new Simulation({ job: job(2) }).started();
    run.change(1, { deleting: true });
    expect(run.look(10).start).toEqual([{ rank: 1, attempt: 2 }]);
    run.look(11);
    expect(run.live).toEqual(['0/1', '1/2']);
    expect(run.status).toMatchObject({
      failureCount: 0,
      restarts: 1,
      failures: [{ uid: 'uid-1-1', counted: false, reason: 'WorkerDeleted' }],
    });
  });

  test('counts nothing when it ends later, with whatever code', () => {
    const run = new Simulation({ job: job(2) }).started();
    run.change(1, { deleting: true });
    run.look(10);
    run.children = run.children.map((child) =>
      child.uid === 'uid-1-1' ? { ...child, phase: 'failed', exitCode: 137, finishedAt: at(40) } : child,
    );
    run.look(40);
    expect(run.status).toMatchObject({ failureCount: 0, restarts: 1 });
  });

  test('and whose object vanished without a trace is replaced too', () => {
    const run = new Simulation({ job: job(2) }).started();
    run.children = run.children.filter(({ rank }) => rank !== 0);
    expect(run.look(10).start).toEqual([{ rank: 0, attempt: 2 }]);
    expect(run.status?.failures).toMatchObject([{ rank: 0, counted: false, reason: 'WorkerDeleted' }]);
  });

  test('by a drain takes the others along for free', () => {
    const run = new Simulation({ job: job(3) }).started();
    run.fail(1, 75, 10, { disrupted: true, deleting: true });
    for (const rank of [0, 2]) run.fail(rank, 75, 10);
    expect(run.look(10).start).toHaveLength(3);
    expect(run.status).toMatchObject({ failureCount: 0 });
  });

  test('again and again by drains never makes the others wait', () => {
    const run = new Simulation({ job: job(2) }).started();
    let second = 10;
    for (let drain = 0; drain < 4; drain += 1) {
      run.change(1, { deleting: true });
      run.look(second);
      run.fail(0, 75, second + 1);
      run.sweep();
      expect(run.look(second + 1).start).toEqual([{ rank: 0, attempt: drain + 2 }]);
      run.run(second + 2);
      run.look(second + 2);
      second += 30;
    }
    expect(run.status).toMatchObject({ state: 'Running', failureCount: 0 });
  });

  test('by a drain that is seen before the others stop makes none of them wait', () => {
    const run = new Simulation({ job: job(2) }).started();
    const message = {
      rank: 1,
      attempt: 1,
      exitCode: 75,
      reason: 'Stopped',
      message: 's',
      steps: 1,
      epochs: 0,
    };
    for (const drain of [0, 1]) {
      const second = 10 + 30 * drain;
      run.fail(1, 75, second, { disrupted: true, message });
      run.look(second);
      run.fail(0, 75, second + 1);
      expect(run.look(second + 1).start).toEqual([{ rank: 0, attempt: drain + 2 }]);
      run.run(second + 2);
      run.look(second + 2);
    }
    expect(run.status?.failures?.map(({ reason }) => reason)).toContain('WorkerDisrupted');
  });

  test('with its node, noticed only a minute later, does not make the loss of it a failure', () => {
    const run = new Simulation({ job: job(2), causeWaitMs: 60_000 }).started();
    run.fail(0, 69, 115);
    expect(run.look(115)).toMatchObject({ start: [], nextLookAt: at(175) });
    run.change(1, { deleting: true });
    expect(run.look(155).start).toHaveLength(2);
    expect(run.status).toMatchObject({ failureCount: 0 });
  });
});

describe('workers that never meet', () => {
  test('do not restart for ever', () => {
    const run = new Simulation({ job: job(2, 'failurePolicy: {backoffLimit: 2}') });
    let second = 0;
    run.look(second);
    while (run.status?.state !== 'Failed' && second < 10_000) {
      second += 1;
      run.run(second);
      for (const { rank, phase, startedAt } of run.children) {
        const ranMs = at(second).getTime() - (startedAt?.getTime() ?? 0);
        // Rank 1 gives up a little later, so that each sees the other come back.
        if (phase === 'running' && ranMs >= (120 + 7 * rank) * 1000) run.fail(rank, 69, second);
      }
      run.look(second);
    }
    expect(run.status).toMatchObject({ state: 'Failed', failureCount: 3, cause: { exitCode: 69 } });
    expect(second).toBeLessThan(1000);
  });
});

describe('a worker that stops again and again without a drain', () => {
  test('is free, but does not spin', () => {
    const run = new Simulation({ job: job(1) }).started();
    run.fail(0, 75, 10);
    expect(run.look(10).start).toHaveLength(1);
    run.run(11);
    run.look(11);
    run.fail(0, 75, 12);
    expect(run.look(12)).toMatchObject({ start: [], nextLookAt: at(22) });
    expect(run.status).toMatchObject({ state: 'Restarting', failureCount: 0 });
  });
});

describe('restartAll', () => {
  const rules = 'failurePolicy: {backoffLimit: 5, rules: [{action: restartAll, exitCodes: [9]}]}';

  test('stores its decision first, then stops the old attempts and starts new ones, once', () => {
    const run = new Simulation({ job: job(3, rules) }).started();
    run.fail(2, 9, 10);
    const decided = run.look(10);
    expect(decided).toMatchObject({ start: [], stop: [], statusChange: 'facts' });
    expect(decided.nextLookAt).toEqual(new Date(at(10).getTime() + 1));
    const acted = run.look(10.1);
    expect(acted.start).toEqual([0, 1, 2].map((rank) => ({ rank, attempt: 2 })));
    expect(acted.stop).toEqual([0, 1].map((rank) => ({ rank, attempt: 1 })));
    for (const rank of [0, 1]) {
      run.children = run.children.map((child) =>
        child.rank === rank && child.attempt === 1
          ? { ...child, phase: 'failed', exitCode: 143, finishedAt: at(11) }
          : child,
      );
    }
    run.look(11);
    run.run(12);
    expect(run.look(12)).toMatchObject({ start: [], stop: [] });
    expect(run.live).toEqual(['0/2', '1/2', '2/2']);
    expect(run.status).toMatchObject({ state: 'Running', failureCount: 1, restarts: 3 });
  });
});

describe('ended attempts', () => {
  test('are kept one per rank, for their logs, and deleted only when their end is stored', () => {
    const run = new Simulation({ job: job(1, 'failurePolicy: {backoffLimit: 5}') }).started();
    run.fail(0, 1, 10);
    run.look(10);
    run.run(11);
    run.look(11);
    run.fail(0, 1, 700);
    expect(run.preview(700).remove).toEqual([{ rank: 0, attempt: 1 }]);
    run.look(700);
    expect(run.children.map(({ attempt }) => attempt)).toEqual([2, 3]);
  });
});
