import { describe, expect, test } from '@jest/globals';
import { ApiError, ApiUnreachableError } from './errors.ts';
import { waitBeforeRetry, withRetries } from './retry.ts';

const refusal = (status: number, retryAfterMs?: number): ApiError =>
  new ApiError({ status, reason: '', message: '', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const lost = (reused: boolean): ApiUnreachableError =>
  new ApiUnreachableError('GET', '/', new Error('x'), reused);
const noChance = (): number => 0;

describe('the wait before a retry', () => {
  test.each([
    ['429 with a time', refusal(429, 3000), 0, 3000],
    ['503 without one', refusal(503), 0, 250],
    ['503 without one, later', refusal(503), 2, 1000],
    ['429 after three retries', refusal(429, 1), 3, undefined],
    ['429 with a time too long to wait here', refusal(429, 60_000), 0, undefined],
    ['500', refusal(500, 1), 0, undefined],
    ['409', refusal(409), 0, undefined],
    ['a closed idle connection', lost(true), 0, 0],
    ['a second one', lost(true), 1, undefined],
    ['a lost fresh connection', lost(false), 0, undefined],
    ['an error of ours', new TypeError('bug'), 0, undefined],
  ])('after %s', (_title, error, retries, waitMs) => {
    expect(waitBeforeRetry(error, retries, noChance)).toBe(waitMs);
  });

  test('is longer by chance, up to a quarter', () => {
    expect(waitBeforeRetry(refusal(429, 1000), 0, () => 1)).toBe(1250);
  });
});

test('an abort ends the waiting', async () => {
  const stop = new AbortController();
  const answer = withRetries(() => Promise.reject(refusal(429, 9000)), 30_000, stop.signal);
  setTimeout(() => stop.abort(), 10);
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
});

test('what would begin too late is not tried again', async () => {
  let tries = 0;
  const busy = (): Promise<never> => {
    tries += 1;
    return Promise.reject(refusal(429, 60));
  };
  await expect(withRetries(busy, 100)).rejects.toMatchObject({ status: 429 });
  expect(tries).toBe(2);
});
