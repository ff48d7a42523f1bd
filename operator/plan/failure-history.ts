import type { FailureRecord } from '../../crds/status.ts';
import { MAX_KEPT_FAILURES } from '../../crds/status.ts';
import { cut } from './bounded-text.ts';
import type { End } from './ends.ts';
import { causeOf } from './failure-cause.ts';

const MAX_MESSAGE = 512;

/** One line of the status' list of failures. */
export function failureRecord(end: End, counted: boolean): FailureRecord {
  const { reason, message } = causeOf(end);
  const exitCode = end.kind === 'failed' ? end.child?.exitCode : undefined;
  return {
    uid: end.uid,
    rank: end.rank,
    attempt: end.attempt,
    counted,
    ...(exitCode !== undefined && exitCode >= 0 && exitCode <= 255 && { exitCode }),
    reason,
    message: cut(message, MAX_MESSAGE),
    finishedAt: end.at.toISOString(),
  };
}

/**
 * The list with new failures at its end. It is bounded: what was free goes first, then what is oldest. Nothing is
 * counted from this list, so that forgetting a line changes no count.
 */
export function withFailures(
  known: readonly FailureRecord[],
  added: readonly FailureRecord[],
): FailureRecord[] {
  const uids = new Set(added.map(({ uid }) => uid));
  const all = [...known.filter(({ uid }) => !uids.has(uid)), ...added];
  const surplus = Math.max(0, all.length - MAX_KEPT_FAILURES);
  const forgotten = new Set(all.filter(({ counted }) => !counted).slice(0, surplus));
  return all.filter((record) => !forgotten.has(record)).slice(-MAX_KEPT_FAILURES);
}
