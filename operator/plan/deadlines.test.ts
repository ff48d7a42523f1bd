import { describe, expect, test } from '@jest/globals';
import { exceededDeadline, nextDeadline } from './deadlines.ts';
import { ranksOf } from './ranks.ts';
import type { WorkerBuilder } from './testing/builders.ts';
import { at, children, worker } from './testing/builders.ts';

function facts(size: number, ...workers: readonly WorkerBuilder[]) {
  return { startedAt: at(0), ranks: ranksOf([], children(...workers), size) };
}

const running = facts(1, worker(0).running());

describe('deadlines', () => {
  test('without any, none passes and none is awaited', () => {
    expect(exceededDeadline({}, running, at(1e6))).toBeUndefined();
    expect(nextDeadline({}, running)).toBeUndefined();
  });

  test('the active deadline counts from the start of the job', () => {
    const spec = { activeDeadlineSeconds: 60 };
    expect(exceededDeadline(spec, running, at(59.999))).toBeUndefined();
    expect(exceededDeadline(spec, running, at(60))).toMatchObject({
      reason: 'ActiveDeadlineExceeded',
      exitCode: 75,
    });
  });

  test('the progress deadline counts from the start until the first report', () => {
    const spec = { progressDeadlineSeconds: 20 };
    expect(exceededDeadline(spec, running, at(20))).toMatchObject({
      reason: 'ProgressDeadlineExceeded',
      exitCode: 69,
      message: expect.stringContaining('no worker reported any progress'),
    });
  });

  test('every step moves the progress deadline', () => {
    const spec = { progressDeadlineSeconds: 20 };
    const moved = { ...running, step: 3, advancedAt: at(15) };
    expect(nextDeadline(spec, moved)).toEqual(at(35));
    expect(exceededDeadline(spec, moved, at(34))).toBeUndefined();
    expect(exceededDeadline(spec, moved, at(35))?.message).toContain('no step after step 3');
  });

  test('a step from before the job was started again does not count', () => {
    const resumed = { ...running, startedAt: at(100), step: 3, advancedAt: at(15) };
    expect(nextDeadline({ progressDeadlineSeconds: 20 }, resumed)).toEqual(at(120));
  });

  test('the pending deadline names the worker that waits the longest, and why', () => {
    const waiting = facts(
      3,
      worker(0).running(),
      worker(1).created(at(5)),
      worker(2).created(at(3)).waiting('Unschedulable', '0/3 nodes have a GPU'),
    );
    expect(exceededDeadline({ pendingDeadlineSeconds: 30 }, waiting, at(33))).toMatchObject({
      rank: 2,
      reason: 'PendingDeadlineExceeded',
      message: expect.stringContaining(': 0/3 nodes have a GPU'),
    });
  });

  test('a worker that could not even be made has waited since the start', () => {
    const unmade = facts(2, worker(0).running());
    expect(nextDeadline({ pendingDeadlineSeconds: 30 }, unmade)).toEqual(at(30));
  });

  test('a replacement waits from the end of its predecessor', () => {
    const stored = [
      { rank: 0, attempt: 1, uid: 'u', state: 'failed' as const, restartTime: at(50).toISOString() },
    ];
    const replaced = { startedAt: at(0), ranks: ranksOf(stored, [], 1) };
    expect(nextDeadline({ pendingDeadlineSeconds: 30 }, replaced)).toEqual(at(80));
  });

  test('the earliest of several passed deadlines is the cause', () => {
    const spec = { activeDeadlineSeconds: 60, progressDeadlineSeconds: 20 };
    expect(exceededDeadline(spec, running, at(100))?.reason).toBe('ProgressDeadlineExceeded');
  });
});
