import { describe, expect, test } from '@jest/globals';
import type { ResolvedJob } from '../../crds/job.ts';
import { isManagedByUs } from './managed-by.ts';
import { Simulation } from './testing/simulation.ts';
import { at, job, progress } from './testing/builders.ts';

function suspended(one: ResolvedJob, suspend = true): ResolvedJob {
  return { ...one, spec: { ...one.spec, suspend } };
}

function resized(one: ResolvedJob, replicas: number): ResolvedJob {
  return { ...one, spec: { ...one.spec, workers: { ...one.spec.workers, replicas } } };
}

function conditionOf({ status }: Simulation, type: string): string | undefined {
  const condition = status?.conditions?.find((one) => one.type === type);
  return condition && `${condition.status} ${condition.reason}`;
}

function messageOf({ status }: Simulation, type: string): string | undefined {
  return status?.conditions?.find((one) => one.type === type)?.message;
}

describe('a suspended job', () => {
  const plain = job(2, 'activeDeadlineSeconds: 100');

  test('starts nothing, makes nothing, and says so', () => {
    const run = new Simulation({ job: suspended(plain) });
    expect(run.look(0)).toMatchObject({ start: [], support: false });
    expect(run.status).toMatchObject({ state: 'Suspended' });
    expect(run.status?.startTime).toBeUndefined();
    expect(run.events).toEqual(['JobSuspended']);
    expect(run.look(1000).statusChange).toBe('none');
  });

  test('stops its workers, is Suspended when they are gone, and counts none of them', () => {
    const run = new Simulation({ job: plain }).started();
    const stopping = run.look(10, { job: suspended(plain) });
    expect(stopping.stop).toHaveLength(2);
    expect(stopping.status.state).toBe('Stopping');
    expect(conditionOf(run, 'Suspended')).toBe('False WorkersStopping');
    run.sweep();
    run.look(20, { job: suspended(plain) });
    expect(run.status).toMatchObject({ state: 'Suspended', failureCount: 0, restarts: 0, workers: 0 });
    expect(conditionOf(run, 'Suspended')).toBe('True Requested');
    expect(conditionOf(run, 'Running')).toBe('False Suspended');
    expect(conditionOf(run, 'Progressing')).toBe('False Suspended');
    expect(messageOf(run, 'Suspended')).toBe(
      'spec.suspend is true; what is done so far is lost, as there is no spec.checkpoint',
    );
  });

  test.each([
    ['checkpoint: {directory: /c, volumeClaim: saved}', ''],
    [
      'checkpoint: {directory: /c}',
      '; the 20 steps done so far are lost, as checkpoints go with the pod of rank 0: set checkpoint.volumeClaim',
    ],
    ['tls: {enabled: true}', '; the 20 steps done so far are lost, as there is no spec.checkpoint'],
  ])('says what is lost, while its workers stop and after: %s', (spec, lost) => {
    const one = job(2, spec);
    const run = new Simulation({ job: one }).started();
    run.look(9, { progress: progress(20) });
    run.look(10, { job: suspended(one) });
    expect(messageOf(run, 'Suspended')).toBe(`the workers are being stopped${lost}`);
    run.sweep();
    run.look(20, { job: suspended(one) });
    expect(messageOf(run, 'Suspended')).toBe(`spec.suspend is true${lost}`);
  });

  test('goes on with new attempts, and its clocks start anew', () => {
    const run = new Simulation({ job: plain }).started();
    run.look(90, { job: suspended(plain) });
    run.sweep();
    run.look(95, { job: suspended(plain) });
    run.look(5000, { job: suspended(plain) });
    const resumed = run.look(6000);
    expect(resumed.start).toEqual([0, 1].map((rank) => ({ rank, attempt: 2 })));
    expect(run.status).toMatchObject({ state: 'Starting', startTime: at(6000).toISOString() });
    run.run(6001);
    run.look(6099);
    expect(run.status).toMatchObject({ state: 'Running', restarts: 0 });
    expect(run.look(6100).status.cause?.reason).toBe('ActiveDeadlineExceeded');
    expect(run.events).toEqual([
      'JobRunning',
      'JobStopping',
      'JobSuspended',
      'JobResumed',
      'JobRunning',
      'JobFailed',
    ]);
  });

  test('that goes on while its old pods still terminate does not wait for them', () => {
    const run = new Simulation({ job: plain }).started();
    run.look(10, { job: suspended(plain) });
    run.look(10.5, { job: suspended(plain) });
    expect(run.look(11).start).toEqual([0, 1].map((rank) => ({ rank, attempt: 2 })));
    expect(run.status).toMatchObject({ failureCount: 0, restarts: 0 });
    run.look(12);
    expect(run.live).toEqual(['0/2', '1/2']);
  });

  test('that has ended stays ended', () => {
    const run = new Simulation({ job: plain }).started();
    run.change(0, { phase: 'succeeded', exitCode: 0, finishedAt: at(10) });
    run.look(10);
    run.look(11, { job: suspended(plain) });
    expect(run.status).toMatchObject({ state: 'Succeeded' });
    expect(conditionOf(run, 'Suspended')).toBe('False NotRequested');
  });
});

describe('a job that changes its size', () => {
  const small = job(2);

  test('starts joiners, and stops the highest ranks', () => {
    const run = new Simulation({ job: small }).started();
    expect(run.look(10, { job: resized(small, 4) }).start).toEqual([
      { rank: 2, attempt: 1 },
      { rank: 3, attempt: 1 },
    ]);
    run.run(11);
    run.look(11, { job: resized(small, 4) });
    expect(run.look(12, { job: resized(small, 3) }).stop).toEqual([{ rank: 3, attempt: 1 }]);
    run.sweep();
    run.look(13, { job: resized(small, 3) });
    expect(run.live).toEqual(['0/1', '1/1', '2/1']);
    expect(run.status).toMatchObject({ state: 'Running', failureCount: 0, restarts: 0, workers: 3 });
    expect(run.status?.ranks?.[3]).toMatchObject({ state: 'stopped' });
  });

  test('a worker that left with 75 is no failure, and its rank can come back', () => {
    const run = new Simulation({ job: small }).started();
    run.look(10, { job: resized(small, 1) });
    run.fail(1, 75, 11);
    run.look(11, { job: resized(small, 1) });
    expect(run.status?.ranks?.[1]).toMatchObject({ state: 'stopped' });
    expect(run.look(12).start).toEqual([{ rank: 1, attempt: 2 }]);
    run.look(13);
    expect(run.status).toMatchObject({ failureCount: 0, restarts: 0 });
    expect(run.events).toEqual(['JobRunning']);
  });

  test('a rank that comes back has a new attempt', () => {
    const run = new Simulation({ job: small }).started();
    run.look(10, { job: resized(small, 1) });
    run.sweep();
    run.look(11, { job: resized(small, 1) });
    expect(run.look(12).start).toEqual([{ rank: 1, attempt: 2 }]);
    expect(run.look(13).status).toMatchObject({ restarts: 0 });
  });
});

describe('the end of a job', () => {
  function ended(...spec: readonly string[]): Simulation {
    const run = new Simulation({ job: job(2, ...spec) }).started();
    run.change(0, { phase: 'succeeded', exitCode: 0, finishedAt: at(10) });
    run.look(10);
    return run;
  }

  test('stops what still runs and keeps what ended, by default', () => {
    const run = ended();
    expect(run.look(20)).toMatchObject({ stop: [{ rank: 1, attempt: 1 }], remove: [] });
  });

  test('with `all` also deletes what ended, once that is stored', () => {
    const run = ended('cleanPodPolicy: all');
    expect(run.look(11).remove).toEqual([{ rank: 0, attempt: 1 }]);
    run.look(20);
    run.sweep();
    run.look(21);
    expect(run.children).toEqual([]);
    expect(run.status).toMatchObject({
      state: 'Succeeded',
      ranks: [{ state: 'succeeded' }, { state: 'stopped' }],
    });
    expect(run.look(5000)).toMatchObject({ statusChange: 'none', start: [], stop: [], remove: [] });
  });

  test('with `none` touches nothing', () => {
    expect(ended('cleanPodPolicy: none').look(1000)).toMatchObject({ stop: [], remove: [] });
  });

  test('after its TTL deletes the job, not before', () => {
    const run = ended('ttlSecondsAfterFinished: 60');
    expect(run.look(30)).toMatchObject({ deleteJob: false, nextLookAt: at(70) });
    expect(run.look(70).deleteJob).toBe(true);
  });

  test('a TTL of 0 deletes it at once', () => {
    const run = new Simulation({ job: job(1, 'ttlSecondsAfterFinished: 0') }).started();
    run.change(0, { phase: 'succeeded', exitCode: 0, finishedAt: at(10) });
    expect(run.look(10).deleteJob).toBe(true);
  });

  test('nothing starts again when its pods are deleted', () => {
    const run = ended();
    run.children = [];
    expect(run.look(100)).toMatchObject({ start: [], support: false });
    expect(run.status?.state).toBe('Succeeded');
  });

  test('the figures that rank 0 left are the last ones', () => {
    const run = new Simulation({ job: job(1), progress: progress(90, { stepMs: 5 }) }).started();
    run.change(0, {
      phase: 'succeeded',
      exitCode: 0,
      finishedAt: at(10),
      message: {
        rank: 0,
        attempt: 1,
        exitCode: 0,
        reason: 'Completed',
        message: 'done',
        steps: 100,
        epochs: 2,
        loss: 0.5,
        testAccuracy: 0.9,
        weightsHash: 'ab'.repeat(32),
        bytes: { push: { raw: 100, wire: 10 }, pull: { raw: 100, wire: 10 }, barrier: 5 },
      },
    });
    run.look(10);
    expect(run.status).toMatchObject({
      step: 100,
      totalSteps: 100,
      epoch: 2,
      loss: 0.5,
      testAccuracy: 0.9,
      gradientBytes: { raw: 200, wire: 20 },
      weightsHash: 'ab'.repeat(32),
      summary: {
        step: '100/100',
        progress: '100%',
        loss: '0.5000',
        accuracy: '90.0%',
        saved: '90.0% (180 B)',
      },
    });
    expect(run.status?.summary?.eta).toBeUndefined();
    expect(run.look(500, { progress: progress(90) }).statusChange).toBe('none');
  });
});

describe('managedBy', () => {
  test.each([
    ['nobody', undefined, true],
    ['us', 'terngrad.dev/operator', true],
    ['another', 'kueue.x-k8s.io/multikueue', false],
  ])('%s', (_, managedBy, ours) => {
    const { spec, ...rest } = job(1);
    const named = { ...rest, spec: managedBy === undefined ? spec : { ...spec, managedBy } };
    expect(isManagedByUs(named)).toBe(ours);
  });
});
