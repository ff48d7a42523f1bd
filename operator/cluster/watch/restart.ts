import { ApiError, ApiUnreachableError } from '../api/errors.ts';

/**
 * Why a watch is opened again.
 * - `ended`: the server ended it in order, as it does every few minutes.
 * - `silent`: nothing came for so long that it may have been half open.
 * - `expired`: too much was missed, the collection is listed anew.
 * - `refused`, `unreachable`: as the log says. `failed`: an error of our own.
 */
export type RestartReason = 'ended' | 'silent' | 'expired' | 'refused' | 'unreachable' | 'failed';

export function reasonOf(error: unknown): RestartReason {
  if (error instanceof ApiError) return error.status === 410 ? 'expired' : 'refused';
  return error instanceof ApiUnreachableError ? 'unreachable' : 'failed';
}

const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 30_000;

/** Doubles, and is shortened by chance to between half and all of it, so that many watches do not come back in step. */
export function restartWaitMs(failuresInARow: number, error: unknown, random: () => number): number {
  const grownMs = Math.min(FIRST_WAIT_MS * 2 ** (failuresInARow - 1), MAX_WAIT_MS);
  const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(grownMs * (0.5 + random() / 2), askedMs);
}
