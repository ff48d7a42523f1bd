import { describe, expect, test } from '@jest/globals';
import type { JobProgress } from './progress.ts';
import { at, job, progress } from './testing/builders.ts';
import { Simulation } from './testing/simulation.ts';

/** All ranks train, and some are so many times as slow as the others since second 30. */
function training(
  slowdowns: Readonly<Record<number, number>>,
  size: number,
  attempts: Readonly<Record<number, number>> = {},
): JobProgress {
  const attemptOf = (rank: number): number => attempts[rank] ?? 1;
  return progress(20, {
    ranks: Array.from({ length: size }, (_, rank) => ({
      rank,
      attempt: attemptOf(rank),
      step: 20,
      state: 'training',
    })),
    stragglers: Object.entries(slowdowns).map(([rank, slowdown]) => ({
      rank: Number(rank),
      attempt: attemptOf(Number(rank)),
      slowdown,
      since: at(30),
    })),
  });
}

function trained(size: number, ...spec: readonly string[]): Simulation {
  const run = new Simulation({ job: job(size, ...spec) }).started();
  run.look(29, { progress: training({}, size) });
  return run;
}

function straggling(run: Simulation) {
  return run.status?.conditions?.find(({ type }) => type === 'Straggling');
}

const replace = 'stragglerPolicy: {action: replace, ratio: 2, forSeconds: 60}';

describe('a worker that is much slower than the others', () => {
  test('is named by a condition and an event once it has been so for forSeconds, and left alone by default', () => {
    const run = trained(3);
    const slow = { progress: training({ 2: 3.2 }, 3) };
    expect(run.look(89, slow)).toMatchObject({ nextLookAt: at(90) });
    expect(straggling(run)).toMatchObject({ status: 'False', reason: 'NoneSlow' });
    expect(run.look(90, slow)).toMatchObject({ start: [], stop: [], kill: [] });
    expect(straggling(run)).toMatchObject({ status: 'True', reason: 'WorkerSlow' });
    expect(straggling(run)?.message).toMatch(/for more than 60 s the gradients of worker 2 .* 2 times/);
    run.look(300, slow);
    expect(run.live).toEqual(['0/1', '1/1', '2/1']);
    expect(run.events).toEqual(['JobRunning', 'WorkerSlow']);
  });

  test('the condition goes when it is as fast as the others', () => {
    const run = trained(3);
    run.look(95, { progress: training({ 2: 3.2 }, 3) });
    run.look(96, { progress: training({}, 3) });
    expect(straggling(run)).toMatchObject({ status: 'False', reason: 'NoneSlow' });
  });

  test('is not looked for with action wait', () => {
    const run = trained(3, 'stragglerPolicy: {action: wait}');
    run.look(300, { progress: training({ 2: 9 }, 3) });
    expect(straggling(run)).toMatchObject({ status: 'False', reason: 'NotWatched' });
    expect(run.events).toEqual(['JobRunning']);
  });

  test('with action replace it is given up: first stored, then asked to stop and replaced, for free', () => {
    const run = trained(3, replace);
    const slow = { progress: training({ 2: 3.2 }, 3) };
    const decided = run.look(90, slow);
    expect(decided).toMatchObject({ stop: [], kill: [], start: [], statusChange: 'facts' });
    const acted = run.look(90.1, slow);
    expect(acted).toMatchObject({ stop: [{ rank: 2, attempt: 1 }], kill: [] });
    run.look(91, slow);
    expect(run.live).toEqual(['0/1', '1/1', '2/2']);
    expect(run.status).toMatchObject({
      failureCount: 0,
      restarts: 1,
      failures: [{ uid: 'uid-2-1', counted: false, reason: 'WorkerSlow' }],
    });
    expect(run.status?.failures?.[0]?.message).toMatch(/worker 2 held up the others: .* 3\.2 times/);
    expect(run.events).toContain('WorkerReplaced');
  });

  test('of two the slower one is replaced, and the other not before all run again', () => {
    const run = trained(4, replace);
    const slow = { progress: training({ 1: 2.5, 2: 4 }, 4) };
    run.look(90, slow);
    run.look(90.1, slow);
    run.look(91, slow);
    expect(run.live).toEqual(['0/1', '1/1', '2/2', '3/1']);
  });

  test('a report on an older attempt says nothing about its replacement', () => {
    const run = trained(3, replace);
    const slow = { progress: training({ 2: 3.2 }, 3) };
    run.look(90, slow);
    run.look(90.1, slow);
    run.look(91, slow);
    run.look(200, slow);
    expect(run.live).toEqual(['0/1', '1/1', '2/2']);
    expect(run.status?.restarts).toBe(1);
  });

  test('rank 0 may be the slow one: the others have the state', () => {
    const run = trained(3, replace);
    const slow = { progress: training({ 0: 3 }, 3) };
    run.look(90, slow);
    run.look(90.1, slow);
    run.look(91, slow);
    expect(run.live).toEqual(['0/2', '1/1', '2/1']);
  });
});
