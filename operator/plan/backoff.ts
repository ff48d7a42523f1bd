import type { BackoffPolicy } from '../../crds/policies.ts';

/** What is remembered of a rank's failures. */
export interface FailureStreak {
  /** In a row, without a healthy run between. */
  readonly failures: number;
  /** Earliest time of the next attempt. */
  readonly restartTime: Date;
}

export interface EndedRun {
  /** Absent when the attempt never ran. */
  readonly startedAt: Date | undefined;
  readonly endedAt: Date;
}

/**
 * When a rank may get its next attempt after a failure: at once after the first, then after `initialSeconds`, doubled
 * each time up to `maxSeconds`. A run of at least `resetAfterSeconds` was healthy, and the row starts anew.
 * Depends on stored times only, so that a restart of the operator changes nothing.
 * @param failuresBefore the row as it was stored before this end.
 */
export function afterFailure(failuresBefore: number, run: EndedRun, policy: BackoffPolicy): FailureStreak {
  const failures = wasHealthy(run, policy) ? 1 : failuresBefore + 1;
  const waitSeconds =
    failures === 1 ? 0 : Math.min(policy.initialSeconds * 2 ** (failures - 2), policy.maxSeconds);
  return { failures, restartTime: new Date(run.endedAt.getTime() + waitSeconds * 1000) };
}

/** An end that says nothing about the program: the next attempt starts at once, and the row stays as it is. */
export function afterDisruption(failuresBefore: number, { endedAt }: EndedRun): FailureStreak {
  return { failures: failuresBefore, restartTime: endedAt };
}

function wasHealthy({ startedAt, endedAt }: EndedRun, { resetAfterSeconds }: BackoffPolicy): boolean {
  return startedAt !== undefined && endedAt.getTime() - startedAt.getTime() >= resetAfterSeconds * 1000;
}
