import { describe, expect, test } from '@jest/globals';
import { ApiError, ApiUnreachableError } from '../api/errors.ts';
import { reasonOf, restartWaitMs } from './restart.ts';

const refusal = (status: number, retryAfterMs?: number): ApiError =>
  new ApiError({ status, reason: '', message: '', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

test.each([
  [refusal(410), 'expired'],
  [refusal(403), 'refused'],
  [refusal(500), 'refused'],
  [new ApiUnreachableError('GET', '/', new Error('reset'), false), 'unreachable'],
  [new TypeError('bug'), 'failed'],
] as const)('%p restarts a watch because it is %s', (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});

describe('the wait before a restart', () => {
  test.each([
    [1, 200],
    [2, 400],
    [8, 25_600],
    [9, 30_000],
    [500, 30_000],
  ])('after %i failures is up to %i ms', (failures, waitMs) => {
    expect(restartWaitMs(failures, undefined, () => 1)).toBe(waitMs);
    expect(restartWaitMs(failures, undefined, () => 0)).toBe(waitMs / 2);
  });

  test('is at least what the server asks for', () => {
    expect(restartWaitMs(1, refusal(429, 60_000), () => 0)).toBe(60_000);
  });
});
