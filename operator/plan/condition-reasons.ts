import type { JobCondition } from '../../crds/status.ts';

/**
 * Every condition with every reason that it can have. `docs/reference/conditions.md` says what sets and what clears
 * each; a test compares. A reason in angle brackets stands for words that come from elsewhere: the cause of a failure
 * (a termination message, the failure policy, a deadline), or the surroundings that are in the way.
 */
export const conditionReasons = {
  Running: [
    'WorkersStarting',
    'WorkersRestarting',
    'AllWorkersRunning',
    'EnoughWorkersRunning',
    'WorkersFinishing',
    'Stopping',
    'Suspended',
    'Finished',
  ],
  Progressing: [
    'NotStarted',
    'StepsConfirmed',
    'WaitingForWorkers',
    'NoReport',
    'NoStep',
    'Stopping',
    'Suspended',
    'Finished',
  ],
  Straggling: ['NoneSlow', 'NotWatched', 'WorkerSlow'],
  Blocked: ['NothingInTheWay', '<obstacle>'],
  Suspended: ['NotRequested', 'WorkersStopping', 'Requested'],
  Succeeded: ['InProgress', 'Completed', '<cause>'],
  Failed: ['NotFailed', '<cause>'],
  TransportEncrypted: ['MutualTls', 'TlsDisabled'],
  // Stated by the cluster side of a job that cannot be read; the plan, which sees only valid jobs, takes it away.
  Accepted: ['InvalidSpec'],
} as const;

type ConditionType = keyof typeof conditionReasons;

type Written<Reason extends string> = Reason extends `<${string}>` ? never : Reason;

/** A reason that the plan itself gives. */
type ConditionReason = Written<(typeof conditionReasons)[ConditionType][number]>;

/** What one condition says; times and generation are added when it is merged with the stored one. */
export type Statement = {
  readonly type: ConditionType;
  readonly status: JobCondition['status'];
  readonly message: string;
} & ({ readonly reason: ConditionReason } | { readonly foreignReason: string });
