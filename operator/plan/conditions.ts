import type { Outcome } from './outcome.ts';
import type { JobPhase } from './phase.ts';

export type ConditionType = 'Running' | 'Progressing' | 'Succeeded' | 'Failed' | 'TransportEncrypted';

/** The shape of Kubernetes' metav1.Condition. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase, stable, for machines. */
  readonly reason: string;
  readonly message: string;
  /** When `status` last changed; ISO 8601. */
  readonly lastTransitionTime: string;
}

/** A job without progress says so this soon. */
export const STUCK_AFTER_MS = 30_000;

type Verdict = Omit<Condition, 'lastTransitionTime'>;

export interface ConditionFacts {
  readonly phase: JobPhase;
  readonly outcome: Outcome;
  /** Ranks that do not run yet. */
  readonly waitingFor: readonly number[];
  readonly encrypted: boolean;
  readonly progressing: Progressing;
}

export type Progressing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'yes'; readonly step: number }
  | { readonly kind: 'no'; readonly step?: number | undefined };

/**
 * The transition table. `Succeeded` is the summary (`kubectl wait --for=condition=Succeeded`); `Failed` mirrors it, so
 * that a failure can be waited for too. A terminal job never leaves its row.
 *
 * | phase     | Running                 | Progressing                              | Succeeded          | Failed         |
 * | --------- | ----------------------- | ---------------------------------------- | ------------------ | -------------- |
 * | Pending   | False WorkersMissing    | Unknown NotStarted                       | Unknown InProgress | False          |
 * | Starting  | False WorkersStarting   | Unknown NotStarted, False NoReport (30 s)| Unknown InProgress | False          |
 * | Running   | True AllWorkersRunning  | True StepsConfirmed, False NoStep (30 s) | Unknown InProgress | False          |
 * | Stopping  | False Stopping          | False Stopping                           | Unknown InProgress | False          |
 * | Succeeded | False Finished          | False Finished                           | True Completed     | False          |
 * | Failed    | False Finished          | False Finished                           | False <reason>     | True <reason>  |
 *
 * `TransportEncrypted` depends on the job's `tls.enabled` alone.
 */
export function conditionsOf(facts: ConditionFacts): readonly Verdict[] {
  return [running(facts), progressing(facts), succeeded(facts), failed(facts), transportEncrypted(facts)];
}

/** Takes over the transition time of every condition whose status is unchanged. */
export function mergeConditions(
  previous: readonly Condition[],
  next: readonly Verdict[],
  now: Date,
): readonly Condition[] {
  return next.map((verdict) => {
    const known = previous.find(({ type }) => type === verdict.type);
    const lastTransitionTime =
      known?.status === verdict.status ? known.lastTransitionTime : now.toISOString();
    return { ...verdict, lastTransitionTime };
  });
}

function running({ phase, waitingFor }: ConditionFacts): Verdict {
  const type = 'Running';
  switch (phase) {
    case 'Pending':
      return { type, status: 'False', reason: 'WorkersMissing', message: 'no worker was made yet' };
    case 'Starting':
      return { type, status: 'False', reason: 'WorkersStarting', message: startingMessage(waitingFor) };
    case 'Running':
      return { type, status: 'True', reason: 'AllWorkersRunning', message: 'all workers train' };
    case 'Stopping':
      return { type, status: 'False', reason: 'Stopping', message: 'the workers were asked to stop' };
    case 'Succeeded':
    case 'Failed':
      return { type, status: 'False', reason: 'Finished', message: 'the job is finished' };
  }
}

function startingMessage(waitingFor: readonly number[]): string {
  if (waitingFor.length > 0) return `waiting for the start of worker ${waitingFor.join(', ')}`;
  return 'all workers are started; waiting for the first report of rank 0';
}

function progressing({ phase, progressing: steps }: ConditionFacts): Verdict {
  const type = 'Progressing';
  if (phase === 'Succeeded' || phase === 'Failed') {
    return { type, status: 'False', reason: 'Finished', message: 'the job is finished' };
  }
  if (phase === 'Stopping') {
    return { type, status: 'False', reason: 'Stopping', message: 'the workers were asked to stop' };
  }
  switch (steps.kind) {
    case 'unknown':
      return { type, status: 'Unknown', reason: 'NotStarted', message: 'no step was confirmed yet' };
    case 'yes':
      return { type, status: 'True', reason: 'StepsConfirmed', message: 'steps are confirmed' };
    case 'no': {
      const forText = `for more than ${STUCK_AFTER_MS / 1000} s`;
      return steps.step === undefined
        ? { type, status: 'False', reason: 'NoReport', message: `rank 0 has not reported ${forText}` }
        : { type, status: 'False', reason: 'NoStep', message: `no step after step ${steps.step} ${forText}` };
    }
  }
}

function succeeded({ outcome }: ConditionFacts): Verdict {
  const type = 'Succeeded';
  switch (outcome.kind) {
    case 'active':
    case 'undecided':
    case 'stopping':
      return { type, status: 'Unknown', reason: 'InProgress', message: 'the job is not finished' };
    case 'succeeded':
      return {
        type,
        status: 'True',
        reason: 'Completed',
        message: 'every member confirmed the final weights',
      };
    case 'failed':
      return { type, status: 'False', reason: outcome.cause.reason, message: outcome.cause.message };
  }
}

function failed({ outcome }: ConditionFacts): Verdict {
  const type = 'Failed';
  if (outcome.kind !== 'failed') {
    return { type, status: 'False', reason: 'NotFailed', message: 'no failure ended the job' };
  }
  return { type, status: 'True', reason: outcome.cause.reason, message: outcome.cause.message };
}

function transportEncrypted({ encrypted }: ConditionFacts): Verdict {
  const type = 'TransportEncrypted';
  return encrypted
    ? { type, status: 'True', reason: 'MutualTls', message: 'workers speak mutual TLS' }
    : {
        type,
        status: 'False',
        reason: 'TlsDisabled',
        message: 'tls.enabled is false: anyone who reaches a worker can read and change the training',
      };
}
