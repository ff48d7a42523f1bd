import { describe, expect, test } from '@jest/globals';
import { afterDisruption, afterFailure } from './backoff.ts';
import { at } from './testing/builders.ts';

const policy = { initialSeconds: 10, maxSeconds: 60, resetAfterSeconds: 600 };

describe('the wait before the next attempt', () => {
  test.each([
    [0, 0],
    [1, 10],
    [2, 20],
    [3, 40],
    [4, 60],
    [5, 60],
    [5000, 60],
  ])('after %d failures in a row is %d s', (before, waitSeconds) => {
    expect(afterFailure(before, { startedAt: at(95), endedAt: at(100) }, policy)).toEqual({
      failures: before + 1,
      restartTime: at(100 + waitSeconds),
    });
  });

  test('starts anew after a healthy run', () => {
    const healthy = { startedAt: at(0), endedAt: at(600) };
    expect(afterFailure(7, healthy, policy)).toEqual({ failures: 1, restartTime: at(600) });
    const short = { startedAt: at(0), endedAt: at(599) };
    expect(afterFailure(7, short, policy).failures).toBe(8);
  });

  test('an attempt that never ran was not healthy, however long it waited', () => {
    expect(afterFailure(1, { startedAt: undefined, endedAt: at(5000) }, policy).failures).toBe(2);
  });

  test('a disruption neither waits nor forgets', () => {
    expect(afterDisruption(3, { startedAt: at(0), endedAt: at(9000) })).toEqual({
      failures: 3,
      restartTime: at(9000),
    });
  });
});
