import { cleanup } from './cleanup.ts';
import type { Progressing } from './conditions.ts';
import { conditionsOf, mergeConditions, STUCK_AFTER_MS } from './conditions.ts';
import { nextDeadline } from './deadlines.ts';
import type { JobEvent } from './events.ts';
import { eventsBetween } from './events.ts';
import { figuresOf } from './figures.ts';
import type { Outcome } from './outcome.ts';
import { decideOutcome } from './outcome.ts';
import { phaseOf, waitingRanks } from './phase.ts';
import type { PlannedJob } from './planned-job.ts';
import type { JobStatus } from '../../crds/status.ts';
import { countWorkers, workerStatuses } from './status.ts';
import { missingWorkers, surplusWorkers, wantedRanks } from './wanted-workers.ts';
import type { WorkerChild, WorkerIdentity } from './worker-child.ts';

export interface Plan {
  /** Workers to create now. */
  readonly start: readonly WorkerIdentity[];
  /** Live workers to end; repeated at every look until they are gone. */
  readonly stop: readonly WorkerIdentity[];
  /** Ended workers to delete; how they ended is in the stored status already. */
  readonly remove: readonly WorkerIdentity[];
  /** Whether the objects that the workers need (network policy, Services, Secrets) are to be made and kept right now. */
  readonly support: boolean;
  /** `ttlSecondsAfterFinished` has passed: delete the job with all it owns. */
  readonly deleteJob: boolean;
  readonly status: JobStatus;
  /** How far `status` is from the stored one, and so when it is to be written. */
  readonly statusChange: StatusChange;
  /** What changed since the stored status; never empty without a change of facts. */
  readonly events: readonly JobEvent[];
  /** When to look again if nothing happens before. */
  readonly nextLookAt?: Date;
}

/** `figures` may wait (progress, counts, words); `facts` are written at once: the next look builds on them. */
export type StatusChange = 'none' | 'figures' | 'facts';

/**
 * What is to be done for a job, given its workers. Level-based: it depends on what is, never on what happened, so a
 * look may be repeated or left out. No I/O, no clock: all time comes from `now` and from stored times.
 */
export function plan(planned: PlannedJob, children: readonly WorkerChild[], now: Date): Plan {
  const { job, status: previous, progress } = planned;
  const startedAt = previous === undefined ? now : new Date(previous.startTime);
  const wanted = wantedRanks(job);
  const outcome = decideOutcome(planned, children, startedAt, now);
  const endedAt = completionTime(outcome, previous, now);
  const ended = cleanup(outcome, children, endedAt, now);
  const active = outcome.kind === 'active';

  const status: JobStatus = {
    ...statusOf(planned, wanted, children, outcome, startedAt, now),
    ...(endedAt !== undefined && { completionTime: endedAt.toISOString() }),
    ...(outcome.kind === 'failed' && { cause: outcome.cause }),
  };
  const deadline = active ? nextDeadline(job.spec, { startedAt, children, progress }) : undefined;
  const nextLookAt = earliest([
    deadline,
    ended.nextLookAt,
    outcome.kind === 'undecided' ? outcome.until : undefined,
    active ? stuckAt(planned, startedAt, now) : undefined,
  ]);
  return {
    start: active ? missingWorkers(wanted, children) : [],
    remove: [],
    support: active,
    deleteJob: false,
    statusChange: 'facts',
    stop: ended.stop.length > 0 ? ended.stop : surplusWorkers(wanted, children),
    status,
    events: eventsBetween(previous, status),
    ...(nextLookAt !== undefined && { nextLookAt }),
  };
}

function statusOf(
  planned: PlannedJob,
  wanted: readonly number[],
  children: readonly WorkerChild[],
  outcome: Outcome,
  startedAt: Date,
  now: Date,
): JobStatus {
  const { job, status: previous, progress } = planned;
  const phase = phaseOf(outcome, wanted, children, progress);
  const counts = countWorkers(wanted.length, children);
  const verdicts = conditionsOf({
    phase,
    outcome,
    waitingFor: waitingRanks(wanted, children),
    encrypted: job.spec.tls.enabled,
    progressing: progressingOf(planned, startedAt, now),
  });
  return {
    phase,
    startTime: startedAt.toISOString(),
    conditions: mergeConditions(previous?.conditions ?? [], verdicts, now),
    workers: workerStatuses(children, progress),
    counts,
    figures: figuresOf(counts.running, counts.wanted, progress),
  };
}

function completionTime(outcome: Outcome, previous: JobStatus | undefined, now: Date): Date | undefined {
  if (previous?.completionTime !== undefined) return new Date(previous.completionTime);
  return outcome.kind === 'succeeded' || outcome.kind === 'failed' ? now : undefined;
}

function progressingOf({ progress }: PlannedJob, startedAt: Date, now: Date): Progressing {
  const quietMs = now.getTime() - (progress?.advancedAt ?? startedAt).getTime();
  if (quietMs > STUCK_AFTER_MS) return { kind: 'no', step: progress?.step };
  return progress === undefined || progress.step === 0
    ? { kind: 'unknown' }
    : { kind: 'yes', step: progress.step };
}

/** When the condition `Progressing` turns False if nothing is heard. */
function stuckAt({ progress }: PlannedJob, startedAt: Date, now: Date): Date | undefined {
  const at = new Date((progress?.advancedAt ?? startedAt).getTime() + STUCK_AFTER_MS + 1);
  return at > now ? at : undefined;
}

function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  return dates.filter((date) => date !== undefined).sort((a, b) => a.getTime() - b.getTime())[0];
}
