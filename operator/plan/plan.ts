import type { JobStatus } from '../../crds/status.ts';
import { cleanUp } from './clean-up.ts';
import type { JobEvent } from './events.ts';
import { eventsBetween } from './events.ts';
import { SUSPECTED } from './failure-cause.ts';
import type { Look } from './look.ts';
import { lookAt } from './look.ts';
import type { PlannedJob } from './planned-job.ts';
import { stuckAt } from './progressing.ts';
import { nextStatus } from './status.ts';
import type { StatusChange } from './status-change.ts';
import { statusChange } from './status-change.ts';
import { surplusWorkers } from './wanted-workers.ts';
import type { WorkerChild, WorkerIdentity } from './worker-child.ts';

export interface Plan {
  /** Workers to create now. */
  readonly start: readonly WorkerIdentity[];
  /** Live workers to end; repeated at every look until they are gone. */
  readonly stop: readonly WorkerIdentity[];
  /** Live workers to end at once, without a chance to save anything: they do not answer. Also repeated. */
  readonly kill: readonly WorkerIdentity[];
  /** Ended workers to delete; how they ended is in the stored status already. */
  readonly remove: readonly WorkerIdentity[];
  /** Whether what the workers need (network policy, Services, Secrets) is to be made and kept right; if not, it is left alone. */
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

/**
 * What is to be done for a job, given its workers. Level-based: it depends on what is and what was stored, never on
 * what happened, so a look may be repeated, left out, or carried out by halves. No I/O, no clock: all time comes from
 * `now` and from stored times.
 */
export function plan(planned: PlannedJob, children: readonly WorkerChild[], now: Date): Plan {
  const look = lookAt(planned, children, now);
  const status = nextStatus(look, now);
  const isActive = look.outcome.kind === 'active';
  const { spec } = planned.job;
  const endedAt = status.completionTime === undefined ? undefined : new Date(status.completionTime);
  const cleaned = cleanUp(
    { spec, outcome: look.outcome, children, stored: planned.status?.ranks ?? [], endedAt },
    now,
  );
  const deleteAt = deletionTime(endedAt, spec.ttlSecondsAfterFinished);
  // Until a restart of all is stored, nothing of it is done: it must not be decided twice.
  const acts = isActive && look.judgement.restartAllAt === undefined;
  const isStoredFirst = !acts || look.suspicion.length + look.stragglers.ends.length > 0;
  const surplus = isActive ? surplusWorkers(look.ranks, children) : [];
  const givenUp = givenUpWorkers(children, planned.status);
  const nextLookAt = earliestAfter(now, [
    cleaned.nextLookAt,
    deleteAt,
    ...(isActive ? activeLooks(look) : []),
    ...(isActive && isStoredFirst ? [new Date(now.getTime() + 1)] : []),
  ]);
  return {
    start: acts ? look.staffing.start : [],
    stop: isActive ? surplus.filter((worker) => !givenUp(worker)) : cleaned.stop,
    kill: surplus.filter(givenUp),
    remove: cleaned.remove,
    support: isActive || look.outcome.kind === 'stopping',
    deleteJob: deleteAt !== undefined && deleteAt <= now,
    status,
    statusChange: statusChange(planned.status, status),
    events: eventsBetween(planned.status, status),
    ...(nextLookAt !== undefined && { nextLookAt }),
  };
}

/** Tells the attempts that a stored suspicion has given up. */
function givenUpWorkers(
  children: readonly WorkerChild[],
  status: JobStatus | undefined,
): (worker: WorkerIdentity) => boolean {
  const uids = new Set(
    (status?.failures ?? []).filter(({ reason }) => reason === SUSPECTED).map(({ uid }) => uid),
  );
  return ({ rank, attempt }) =>
    children.some((child) => child.rank === rank && child.attempt === attempt && uids.has(child.uid));
}

/** When something changes in an active job by the passing of time alone. */
function activeLooks({
  deadline,
  judgement,
  staffing,
  blockage,
  quiet,
  completion,
  stragglers,
}: Look): readonly (Date | undefined)[] {
  return [
    deadline,
    judgement.undecidedUntil,
    staffing.nextStartAt,
    blockage.nextLookAt,
    completion?.until,
    stragglers.nextLookAt,
    quiet && new Date(stuckAt(quiet).getTime() + 1),
  ];
}

function deletionTime(endedAt: Date | undefined, ttlSeconds: number | undefined): Date | undefined {
  if (endedAt === undefined || ttlSeconds === undefined) return undefined;
  return new Date(endedAt.getTime() + ttlSeconds * 1000);
}

function earliestAfter(now: Date, dates: readonly (Date | undefined)[]): Date | undefined {
  return dates.filter((date) => date !== undefined && date > now).sort((a, b) => Number(a) - Number(b))[0];
}
