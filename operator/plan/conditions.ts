import type { StragglerPolicy } from '../../crds/policies.ts';
import type { JobCondition } from '../../crds/status.ts';
import { blockageText, workersText } from './blocked.ts';
import { cut } from './bounded-text.ts';
import { atRest } from './at-rest.ts';
import type { Statement } from './condition-reasons.ts';
import { conditionReasons } from './condition-reasons.ts';
import type { Formation } from './formation.ts';
import type { Outcome } from './outcome.ts';
import type { Obstacle } from './planned-job.ts';
import type { Storage } from './manifests/checkpoint-storage.ts';
import { progressing } from './progressing.ts';
import type { Progressing } from './progressing.ts';

const MAX_MESSAGE = 32_768;
const MAX_REASON = 256;

export interface ConditionFacts {
  readonly outcome: Outcome;
  readonly formation: Formation;
  readonly isRestarting: boolean;
  readonly hasLiveWorkers: boolean;
  /** Workers that train. */
  readonly members: number;
  /** Ranks that do not run yet, or of an elastic job, do not take part yet. */
  readonly waitingFor: readonly number[];
  /** Ranks whose end is waited for, the training being complete. */
  readonly finishing: readonly number[];
  /** When the next attempt that waits for its backoff starts. */
  readonly nextStartAt: Date | undefined;
  readonly stragglerPolicy: StragglerPolicy;
  /** Ranks that have been stragglers for as long as the policy says. */
  readonly slow: readonly number[];
  readonly obstacles: readonly Obstacle[];
  readonly encrypted: boolean;
  readonly storage: Storage;
  /** The last confirmed step. */
  readonly step: number;
  readonly progressing: Progressing;
}

/** All conditions, always: `docs/reference/conditions.md` is the transition table. */
export function conditionsOf(facts: ConditionFacts): readonly Statement[] {
  return [
    running(facts),
    progressing(facts.outcome, facts.progressing),
    straggling(facts),
    blocked(facts),
    suspended(facts),
    succeeded(facts),
    failed(facts),
    transportEncrypted(facts),
  ];
}

/** Takes over the transition time of every condition whose status is unchanged. */
export function mergeConditions(
  previous: readonly JobCondition[],
  next: readonly Statement[],
  generation: number | undefined,
  now: Date,
): JobCondition[] {
  return next.map((statement) => {
    const { type, status, message } = statement;
    const known = previous.find((one) => one.type === type);
    const reason =
      'reason' in statement ? statement.reason : cut(statement.foreignReason, MAX_REASON) || 'Unknown';
    return {
      type,
      status,
      ...(generation !== undefined && { observedGeneration: generation }),
      lastTransitionTime: known?.status === status ? known.lastTransitionTime : now.toISOString(),
      reason,
      message: cut(message, MAX_MESSAGE),
    };
  });
}

/** Whether a condition of the status is ours; others may add their own. */
export function isOurs({ type }: JobCondition): boolean {
  return type in conditionReasons;
}

function running(facts: ConditionFacts): Statement {
  const type = 'Running';
  switch (facts.outcome.kind) {
    case 'active':
      if (facts.finishing.length > 0) {
        const message = `the training is complete; waiting for the end of ${workersText(facts.finishing)}`;
        return { type, status: 'True', reason: 'WorkersFinishing', message };
      }
      return { type, ...ofFormation(facts) };
    case 'suspended':
    case 'stopping':
    case 'succeeded':
    case 'failed':
      return { type, ...atRest(facts.outcome.kind) };
  }
}

function ofFormation(facts: ConditionFacts) {
  switch (facts.formation) {
    case 'wholly':
      return { status: 'True', reason: 'AllWorkersRunning', message: 'all workers train' } as const;
    case 'partly': {
      const message = `${facts.members} workers train; waiting for ${workersText(facts.waitingFor)}`;
      return { status: 'True', reason: 'EnoughWorkersRunning', message } as const;
    }
    case 'no': {
      const reason = facts.isRestarting ? 'WorkersRestarting' : 'WorkersStarting';
      return { status: 'False', reason, message: formingMessage(facts) } as const;
    }
  }
}

function formingMessage({ waitingFor, nextStartAt, isRestarting }: ConditionFacts): string {
  return [
    waitingFor.length > 0
      ? `waiting for the start of ${workersText(waitingFor)}`
      : 'all workers are started; waiting for the first report of rank 0',
    ...(nextStartAt === undefined ? [] : [`the next attempt starts at ${nextStartAt.toISOString()}`]),
    ...(isRestarting ? ['training goes on once all workers have met'] : []),
  ].join('; ');
}

/** Without figures that change with every report: a condition is written when it changes. */
function straggling({ outcome, slow, stragglerPolicy }: ConditionFacts): Statement {
  const type = 'Straggling';
  const { action, ratio, forSeconds } = stragglerPolicy;
  if (action === 'wait') {
    return { type, status: 'False', reason: 'NotWatched', message: 'stragglerPolicy.action is wait' };
  }
  if (outcome.kind !== 'active' || slow.length === 0) {
    return { type, status: 'False', reason: 'NoneSlow', message: 'no worker is much slower than the others' };
  }
  const message = `for more than ${forSeconds} s the gradients of ${workersText(slow)} have taken at least ${ratio} times as long as those of the others`;
  return { type, status: 'True', reason: 'WorkerSlow', message };
}

function blocked({ outcome, obstacles }: ConditionFacts): Statement {
  const type = 'Blocked';
  const [first] = obstacles;
  if (outcome.kind !== 'active' || first === undefined) {
    return {
      type,
      status: 'False',
      reason: 'NothingInTheWay',
      message: 'nothing keeps a worker from starting',
    };
  }
  return { type, status: 'True', foreignReason: first.reason, message: blockageText(obstacles) };
}

function suspended(facts: ConditionFacts): Statement {
  const { outcome, hasLiveWorkers } = facts;
  const type = 'Suspended';
  if (outcome.kind !== 'suspended') {
    return { type, status: 'False', reason: 'NotRequested', message: 'the job is not suspended' };
  }
  if (hasLiveWorkers) {
    return {
      type,
      status: 'False',
      reason: 'WorkersStopping',
      message: `the workers are being stopped${loss(facts)}`,
    };
  }
  return { type, status: 'True', reason: 'Requested', message: `spec.suspend is true${loss(facts)}` };
}

/** What a suspension costs, so that it can still be thought over. */
function loss({ storage, step }: ConditionFacts): string {
  const lost = step > 0 ? `; the ${step} steps done so far are lost` : '; what is done so far is lost';
  switch (storage) {
    case 'durable':
      return '';
    case 'pod':
      return `${lost}, as checkpoints go with the pod of rank 0: set checkpoint.volumeClaim`;
    case 'none':
      return `${lost}, as there is no spec.checkpoint`;
  }
}

function succeeded({ outcome }: ConditionFacts): Statement {
  const type = 'Succeeded';
  switch (outcome.kind) {
    case 'active':
    case 'suspended':
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
      return {
        type,
        status: 'False',
        foreignReason: outcome.cause.reason,
        message: outcome.cause.message,
      };
  }
}

function failed({ outcome }: ConditionFacts): Statement {
  const type = 'Failed';
  if (outcome.kind !== 'failed') {
    return { type, status: 'False', reason: 'NotFailed', message: 'no failure ended the job' };
  }
  return { type, status: 'True', foreignReason: outcome.cause.reason, message: outcome.cause.message };
}

function transportEncrypted({ encrypted }: ConditionFacts): Statement {
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
