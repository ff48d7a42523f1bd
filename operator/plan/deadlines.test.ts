import { describe, expect, test } from '@jest/globals';
import { exceededDeadline, nextDeadline } from './deadlines.ts';
import { at, children, progress, worker } from './testing/builders.ts';

const running = { startedAt: at(0), children: children(worker(0).running()) };

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
    const facts = { ...running, progress: progress(3, { advancedAt: at(15) }) };
    expect(nextDeadline(spec, facts)).toEqual(at(35));
    expect(exceededDeadline(spec, facts, at(34))).toBeUndefined();
    expect(exceededDeadline(spec, facts, at(35))?.message).toContain('no step after step 3');
  });

  test('the pending deadline names the worker that waits the longest', () => {
    const facts = { startedAt: at(0), children: children(worker(0).running(), worker(1)) };
    const cause = exceededDeadline({ pendingDeadlineSeconds: 30 }, facts, at(30));
    expect(cause).toMatchObject({ rank: 1, reason: 'PendingDeadlineExceeded' });
  });

  test('the earliest of several passed deadlines is the cause', () => {
    const spec = { activeDeadlineSeconds: 60, progressDeadlineSeconds: 20 };
    expect(exceededDeadline(spec, running, at(100))?.reason).toBe('ProgressDeadlineExceeded');
  });
});
