import { describe, expect, test } from '@jest/globals';
import { FINISHING_MS } from './clean-up.ts';
import { plan } from './plan.ts';
import type { Plan } from './plan.ts';
import { at, children, job, progress, worker } from './testing/builders.ts';

function conditionOf({ status }: Plan, type: string) {
  const condition = status.conditions?.find((one) => one.type === type);
  if (condition === undefined) throw new Error(`no condition ${type}`);
  return `${condition.status} ${condition.reason}`;
}

function messageOf({ status }: Plan, type: string): string | undefined {
  return status.conditions?.find((one) => one.type === type)?.message;
}

const stopRequest = { requestedAt: at(5), message: 'interrupted by Ctrl-C' };

describe('a plan', () => {
  test('starts the first attempt of every rank of a new job, and tells nothing yet', () => {
    const first = plan({ job: job(2) }, [], at(0));
    expect(first.start).toEqual([
      { rank: 0, attempt: 1 },
      { rank: 1, attempt: 1 },
    ]);
    expect(first).toMatchObject({
      stop: [],
      remove: [],
      support: true,
      deleteJob: false,
      statusChange: 'start',
      events: [],
      status: { state: 'Starting', startTime: at(0).toISOString(), ranks: [] },
    });
  });

  test('is Starting until the workers have met, and says whom it waits for', () => {
    const looked = plan({ job: job(2) }, children(worker(0).running(), worker(1)), at(1));
    expect(looked.status.state).toBe('Starting');
    expect(messageOf(looked, 'Running')).toBe('waiting for the start of worker 1');
    const started = plan({ job: job(2) }, children(worker(0).running(), worker(1).running()), at(1));
    expect(started.status.state).toBe('Starting');
    expect(messageOf(started, 'Running')).toMatch(/first report of rank 0/);
  });

  test('is Running once rank 0 reported', () => {
    const workers = children(worker(0).running(), worker(1).running());
    const looked = plan({ job: job(2), progress: progress(3, { advancedAt: at(1) }) }, workers, at(1));
    expect(looked.status).toMatchObject({ state: 'Running', readyWorkers: 2, step: 3 });
    expect(conditionOf(looked, 'Running')).toBe('True AllWorkersRunning');
    expect(conditionOf(looked, 'Progressing')).toBe('True StepsConfirmed');
    expect(conditionOf(looked, 'Succeeded')).toBe('Unknown InProgress');
  });

  test('is Running once every worker says that it takes part', () => {
    const looked = plan({ job: job(2) }, children(worker(0).ready(), worker(1).ready()), at(1));
    expect(looked.status).toMatchObject({ state: 'Running', summary: { workers: '2/2' } });
    expect(looked.events.map(({ reason }) => reason)).toEqual(['JobRunning']);
  });

  test('a report of attempts that were replaced makes nothing Running', () => {
    const old = progress(3, { ranks: [{ rank: 1, attempt: 1, step: 3, state: 'training' }] });
    const workers = children(worker(0).running(), worker(1, 2).running());
    expect(plan({ job: job(2), progress: old }, workers, at(1)).status.state).toBe('Starting');
  });

  test('says within 30 seconds that nothing moves', () => {
    const workers = children(worker(0).running());
    const first = plan({ job: job(1), progress: progress(3) }, workers, at(1));
    const look = first.nextLookAt;
    if (look === undefined) throw new Error('no further look is planned');
    expect(look.getTime()).toBeLessThanOrEqual(at(31.1).getTime());
    const stuck = plan({ job: job(1), status: first.status, progress: progress(3) }, workers, look);
    expect(conditionOf(stuck, 'Progressing')).toBe('False NoStep');
  });

  test('keeps the transition time of a condition that did not change', () => {
    const workers = children(worker(0).running());
    const first = plan({ job: job(1) }, workers, at(1));
    const second = plan({ job: job(1), status: first.status, progress: progress(1) }, workers, at(2));
    const timeOf = (type: string) =>
      second.status.conditions?.find((condition) => condition.type === type)?.lastTransitionTime;
    expect(timeOf('Running')).toBe(at(2).toISOString());
    expect(timeOf('Succeeded')).toBe(at(1).toISOString());
  });

  test('every condition carries the generation it was stated for', () => {
    const { status } = plan({ job: job(1), generation: 7 }, [], at(0));
    expect(status.observedGeneration).toBe(7);
    expect(status.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual(
      Array.from({ length: 8 }, () => 7),
    );
  });

  test('succeeds with rank 0, lets the others finish, then stops them', () => {
    const workers = children(worker(0).succeeded(at(10)), worker(1).running());
    const done = plan({ job: job(2) }, workers, at(10));
    expect(done.status).toMatchObject({ state: 'Succeeded', completionTime: at(10).toISOString() });
    expect(done.stop).toEqual([]);
    const limit = new Date(at(10).getTime() + FINISHING_MS);
    expect(done.nextLookAt).toEqual(limit);
    expect(plan({ job: job(2), status: done.status }, workers, limit).stop).toEqual([
      { rank: 1, attempt: 1 },
    ]);
  });

  test('fails with the first failed worker and stops the rest', () => {
    const workers = children(worker(0).running(), worker(1).failed(65, at(4)).saying('BadData'));
    const failed = plan({ job: job(2) }, workers, at(4));
    expect(failed.status).toMatchObject({
      state: 'Failed',
      cause: { rank: 1, exitCode: 65, reason: 'BadData' },
      failureCount: 1,
      failures: [{ uid: 'uid-1-1', counted: true, reason: 'BadData' }],
    });
    expect(failed.stop).toEqual([{ rank: 0, attempt: 1 }]);
    expect(failed.start).toEqual([]);
    expect(conditionOf(failed, 'Failed')).toBe('True BadData');
    expect(conditionOf(failed, 'Succeeded')).toBe('False BadData');
  });

  test('waits for the cause behind a lost peer before it ends anything', () => {
    const workers = children(worker(0).failed(69, at(4)), worker(1).running());
    const waiting = plan({ job: job(2) }, workers, at(4));
    expect(waiting.status.completionTime).toBeUndefined();
    expect(waiting).toMatchObject({ start: [], stop: [], nextLookAt: at(7) });
  });

  test('is Stopping until the last worker is gone, then Failed as stopped, with no failure counted', () => {
    const workers = children(worker(0).running(), worker(1).running());
    const stopping = plan({ job: job(2), stopRequest }, workers, at(5));
    expect(stopping.status.state).toBe('Stopping');
    expect(stopping.stop).toHaveLength(2);
    const gone = children(worker(0).failed(75), worker(1).failed(137));
    const stopped = plan({ job: job(2), status: stopping.status, stopRequest }, gone, at(9));
    expect(stopped.status).toMatchObject({
      state: 'Failed',
      failureCount: 0,
      cause: { exitCode: 75, reason: 'Stopped', message: 'interrupted by Ctrl-C' },
    });
  });

  test('a request to stop starts nothing', () => {
    expect(plan({ job: job(2), stopRequest }, [], at(5))).toMatchObject({
      start: [],
      stop: [],
      status: { state: 'Failed', cause: { reason: 'Stopped' } },
    });
  });

  test('a failure of its own still counts while the job is being stopped', () => {
    const workers = children(worker(0).failed(75), worker(1).failed(66).saying('ProgramFailed'));
    expect(plan({ job: job(2), stopRequest }, workers, at(9)).status.cause?.exitCode).toBe(66);
  });

  test('the work that ends well before the stop is heard is a success', () => {
    const workers = children(worker(0).succeeded(), worker(1).succeeded());
    expect(plan({ job: job(2), stopRequest }, workers, at(9)).status.state).toBe('Succeeded');
  });

  test('a passed deadline fails the job and stops all workers', () => {
    const slow = job(1, 'activeDeadlineSeconds: 60');
    const first = plan({ job: slow }, children(worker(0).running()), at(0));
    const late = plan({ job: slow, status: first.status }, children(worker(0).running()), at(60));
    expect(late.status).toMatchObject({ state: 'Failed', cause: { reason: 'ActiveDeadlineExceeded' } });
    expect(late.stop).toEqual([{ rank: 0, attempt: 1 }]);
  });

  test('an older attempt that still lives is stopped', () => {
    const looked = plan({ job: job(1) }, children(worker(0, 1).running(), worker(0, 2).running()), at(1));
    expect(looked.stop).toEqual([{ rank: 0, attempt: 1 }]);
  });

  test('TLS switched off is visible', () => {
    expect(conditionOf(plan({ job: job(1, 'tls: {enabled: false}') }, [], at(0)), 'TransportEncrypted')).toBe(
      'False TlsDisabled',
    );
    expect(conditionOf(plan({ job: job(1) }, [], at(0)), 'TransportEncrypted')).toBe('True MutualTls');
  });

  test('tells each change once', () => {
    const workers = children(worker(0).running(), worker(1).failed(66).saying('LossNotFinite'));
    const failed = plan({ job: job(2) }, workers, at(10));
    expect(failed.events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'WorkerFailed: worker 1 ended with code 66 (LossNotFinite)',
      'JobFailed: LossNotFinite: LossNotFinite happened',
    ]);
    expect(plan({ job: job(2), status: failed.status }, workers, at(11)).events).toEqual([]);
  });

  test('the status lists the newest attempt of each rank with its step', () => {
    const report = progress(9, { ranks: [{ rank: 1, attempt: 1, step: 8, state: 'training' }] });
    const workers = children(worker(1).running(), worker(0).failed(66).saying('ProgramFailed'));
    expect(plan({ job: job(2), progress: report }, workers, at(1)).status.ranks).toEqual([
      {
        rank: 0,
        attempt: 1,
        state: 'failed',
        uid: 'uid-0-1',
        step: 7,
        exitCode: 66,
        reason: 'ProgramFailed',
        message: 'ProgramFailed happened',
        failures: 1,
        failedTime: at(10).toISOString(),
      },
      { rank: 1, attempt: 1, state: 'running', uid: 'uid-1-1', step: 8 },
    ]);
  });
});
