import { ExitCode } from '../../crds/exit-codes.ts';
import { exceededDeadline } from './deadlines.ts';
import type { FailureCause } from './failure-policy.ts';
import { decideFailure, explainsItself } from './failure-policy.ts';
import type { PlannedJob } from './planned-job.ts';
import { isTerminal } from './status.ts';
import { hasSucceeded } from './success-policy.ts';
import type { WorkerChild } from './worker-child.ts';
import { isLive } from './worker-child.ts';

/** What is to become of the job; every other part of the plan follows from it. */
export type Outcome =
  | { readonly kind: 'active' }
  /** A worker failed, its cause is not known yet: start nothing, wait. */
  | { readonly kind: 'undecided'; readonly until: Date }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly cause: FailureCause };

/** Terminal is terminal: a stored end is returned as it is, whatever the workers did since. */
export function decideOutcome(
  planned: PlannedJob,
  children: readonly WorkerChild[],
  startedAt: Date,
  now: Date,
): Outcome {
  const { job, status, stopRequest, progress } = planned;
  if (status !== undefined && isTerminal(status)) {
    return status.cause === undefined ? { kind: 'succeeded' } : { kind: 'failed', cause: status.cause };
  }
  if (hasSucceeded(job, children)) return { kind: 'succeeded' };

  const failure = decideFailure(children, now);
  if (stopRequest !== undefined) {
    if (failure.kind === 'failed' && explainsItself(failure.cause)) return failure;
    if (children.some(isLive)) return { kind: 'stopping' };
    return { kind: 'failed', cause: stopped(stopRequest.message) };
  }
  if (failure.kind === 'failed') return failure;
  const exceeded = exceededDeadline(job.spec, { startedAt, children, progress }, now);
  if (exceeded !== undefined) return { kind: 'failed', cause: exceeded };
  if (failure.kind === 'waiting') return { kind: 'undecided', until: failure.until };
  return { kind: 'active' };
}

function stopped(message: string): FailureCause {
  return { exitCode: ExitCode.stopped, reason: 'Stopped', message };
}
