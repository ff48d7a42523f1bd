import { setTimeout as pause } from 'node:timers/promises';
import { ApiError, ApiUnreachableError } from './errors.ts';

/** After the first try. */
const MAX_RETRIES = 3;
/** A server that asks for more is believed, but its caller should do something else meanwhile. */
const MAX_WAIT_MS = 10_000;
const FIRST_WAIT_MS = 250;

/** A read harms nobody however late it comes. */
export const READ_PATIENCE_MS = 30_000;
/**
 * A write is begun no later than this after its caller asked, and so after it made sure that it still leads: that is less
 * than what the default renew deadline leaves of the lease.
 */
export const WRITE_PATIENCE_MS = 3000;

/**
 * Tries a call again that may be made twice without harm: when the server is too busy (429, 503: after the time it asks
 * for), and when an idle connection turned out to be closed. All else is the caller's, and so is what would begin later than
 * `patienceMs` from now.
 */
export async function withRetries<R>(
  attempt: () => Promise<R>,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<R> {
  const latestMs = performance.now() + patienceMs;
  for (let retries = 0; ; retries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = waitBeforeRetry(error, retries, Math.random);
      const isTooLate = waitMs === undefined || performance.now() + waitMs > latestMs;
      if (isTooLate || signal?.aborted === true) throw error;
      await pause(waitMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** `undefined`: it is not tried again. Waits get up to a quarter longer by chance, so that callers do not come in step. */
export function waitBeforeRetry(error: unknown, retries: number, random: () => number): number | undefined {
  if (retries >= MAX_RETRIES) return undefined;
  if (error instanceof ApiUnreachableError) return error.onReusedConnection && retries === 0 ? 0 : undefined;
  if (!(error instanceof ApiError) || (error.status !== 429 && error.status !== 503)) return undefined;
  const waitMs = error.retryAfterMs ?? FIRST_WAIT_MS * 2 ** retries;
  return waitMs > MAX_WAIT_MS ? undefined : waitMs * (1 + random() / 4);
}
