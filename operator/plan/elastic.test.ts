import { describe, expect, test } from '@jest/globals';
import type { JobProgress } from './progress.ts';
import { at, elastic, job, progress } from './testing/builders.ts';
import { Simulation } from './testing/simulation.ts';

/** Rank 0 reports that these ranks train, in these attempts. */
function training(attempts: Readonly<Record<number, number>>, state = 'training'): JobProgress {
  const ranks = Object.entries(attempts).map(([rank, attempt]) => ({
    rank: Number(rank),
    attempt,
    step: 20,
    state,
  }));
  return progress(20, { ranks, advancedAt: at(20) });
}

function conditionOf({ status }: Simulation, type: string): string | undefined {
  const condition = status?.conditions?.find((one) => one.type === type);
  return condition && `${condition.status} ${condition.reason}: ${condition.message}`;
}

const three = elastic(job(3, 'pendingDeadlineSeconds: 60'), 2, 4);

/** Three workers of an elastic job train; then rank 2 dies, and its replacement finds no place. */
function withoutRank2(): Simulation {
  const run = new Simulation({ job: three }).started();
  run.look(20, { progress: training({ 0: 1, 1: 1, 2: 1 }) });
  run.fail(2, 137, 20);
  run.look(20, { progress: training({ 0: 1, 1: 1, 2: 1 }, 'waiting') });
  return run;
}

describe('an elastic job that lost a worker', () => {
  test('waits for it at first, as any other job', () => {
    const run = withoutRank2();
    expect(run.status?.state).toBe('Restarting');
    expect(conditionOf(run, 'Progressing')).toMatch(/^False WaitingForWorkers: .*wait for worker 2/);
  });

  test('is Running again when enough of them go on without it', () => {
    const run = withoutRank2();
    run.look(50, { progress: { ...training({ 0: 1, 1: 1 }), advancedAt: at(50) } });
    expect(run.status).toMatchObject({ state: 'Running', readyWorkers: 2, summary: { workers: '2/3' } });
    expect(conditionOf(run, 'Running')).toBe(
      'True EnoughWorkersRunning: 2 workers train; waiting for worker 2',
    );
    expect(conditionOf(run, 'Progressing')).toMatch(/^True StepsConfirmed/);
  });

  test('is not Running with fewer than its minimum', () => {
    const run = withoutRank2();
    run.fail(1, 137, 30);
    run.look(50, { progress: training({ 0: 1 }) });
    expect(run.status?.state).toBe('Restarting');
  });

  test('is wholly Running when the replacement has joined, not when it is only there', () => {
    const run = withoutRank2();
    run.look(21);
    run.run(22);
    run.change(2, { ready: false });
    run.look(23, { progress: training({ 0: 1, 1: 1 }) });
    expect(conditionOf(run, 'Running')).toMatch(/^True EnoughWorkersRunning/);
    run.look(24, { progress: training({ 0: 1, 1: 1, 2: 2 }) });
    expect(conditionOf(run, 'Running')).toBe('True AllWorkersRunning: all workers train');
  });

  test('fails by its pending deadline only while it has fewer than its minimum', () => {
    const run = withoutRank2();
    run.look(21);
    expect(run.look(500, { progress: training({ 0: 1, 1: 1 }) }).status.state).toBe('Running');
    run.fail(1, 137, 501);
    run.look(501);
    expect(run.look(502).status.cause?.reason).toBe('PendingDeadlineExceeded');
  });

  test('one that cannot do without any of its workers is held to the deadline as any other', () => {
    const run = new Simulation({ job: elastic(job(2, 'pendingDeadlineSeconds: 60'), 2, 4) });
    run.look(0);
    expect(run.look(60).status.cause?.reason).toBe('PendingDeadlineExceeded');
  });
});

test('a joiner leaves an elastic job Running, which says whom it waits for', () => {
  const run = new Simulation({ job: three }).started();
  run.look(20, { progress: training({ 0: 1, 1: 1, 2: 1 }) });
  const grown = { ...three, spec: { ...three.spec, workers: { ...three.spec.workers, replicas: 4 } } };
  expect(run.look(21, { job: grown, progress: training({ 0: 1, 1: 1, 2: 1 }) }).start).toEqual([
    { rank: 3, attempt: 1 },
  ]);
  run.look(22, { job: grown, progress: training({ 0: 1, 1: 1, 2: 1 }) });
  expect(run.status).toMatchObject({ state: 'Running', summary: { workers: '3/4' } });
  expect(conditionOf(run, 'Running')).toBe(
    'True EnoughWorkersRunning: 3 workers train; waiting for worker 3',
  );
});
