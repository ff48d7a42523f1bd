import { ExitCode } from '../../crds/exit-codes.ts';
import type { FailureCause } from '../../crds/status.ts';
import type { Completion } from './completion.ts';
import { unmetPolicy } from './completion.ts';
import { explainsItself } from './failure-cause.ts';
import type { Judgement } from './failure-policy.ts';
import type { PlannedJob } from './planned-job.ts';
import type { Rank } from './ranks.ts';
import { hasSucceeded } from './success-policy.ts';
import type { WorkerChild } from './worker-child.ts';
import { isLive } from './worker-child.ts';

/** What is to become of the job; every other part of the plan follows from it. */
export type Outcome =
  | { readonly kind: 'active' }
  | { readonly kind: 'suspended' }
  /** Someone asked for an end, and workers are left. */
  | { readonly kind: 'stopping' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly cause: FailureCause };

export interface OutcomeFacts {
  readonly planned: PlannedJob;
  readonly ranks: readonly Rank[];
  readonly children: readonly WorkerChild[];
  readonly judgement: Pick<Judgement, 'cause'>;
  /** Of a training that is complete. */
  readonly completion: Completion | undefined;
  /** The deadline that has passed. */
  readonly exceeded: FailureCause | undefined;
}

/** Terminal is terminal: a stored end is returned as it is, whatever the workers did since. */
export function decideOutcome(facts: OutcomeFacts): Outcome {
  const { planned, ranks, children, judgement, completion, exceeded } = facts;
  const { job, status, stopRequest } = planned;
  if (status?.completionTime !== undefined) {
    return status.cause === undefined ? { kind: 'succeeded' } : { kind: 'failed', cause: status.cause };
  }
  if (hasSucceeded(job.spec.successPolicy, ranks)) return { kind: 'succeeded' };
  const { cause } = judgement;
  const isComplete = completion !== undefined && cause === undefined;
  if (isComplete && (completion.waitsFor.length === 0 || exceeded !== undefined)) {
    const { successPolicy } = job.spec;
    if (successPolicy.when === 'rank0') return { kind: 'succeeded' };
    return { kind: 'failed', cause: unmetPolicy(successPolicy, ranks) };
  }
  if (stopRequest !== undefined) {
    if (cause !== undefined && explainsItself(cause)) return { kind: 'failed', cause };
    if (children.some(isLive)) return { kind: 'stopping' };
    return {
      kind: 'failed',
      cause: { exitCode: ExitCode.stopped, reason: 'Stopped', message: stopRequest.message },
    };
  }
  if (job.spec.suspend) return { kind: 'suspended' };
  if (cause !== undefined) return { kind: 'failed', cause };
  return exceeded === undefined ? { kind: 'active' } : { kind: 'failed', cause: exceeded };
}
