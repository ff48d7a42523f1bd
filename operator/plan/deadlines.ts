import type { JobSpec } from '../../crds/job.ts';
import { ExitCode } from '../../crds/exit-codes.ts';
import type { FailureCause } from '../../crds/status.ts';
import { waitingRanks } from './formation.ts';
import type { Rank } from './ranks.ts';
import { stateOf } from './ranks.ts';

export type DeadlineSpec = Pick<
  JobSpec,
  'activeDeadlineSeconds' | 'pendingDeadlineSeconds' | 'progressDeadlineSeconds'
>;

export interface DeadlineFacts {
  /** When the job was started, or after a suspension started again: all its clocks begin anew then. */
  readonly startedAt: Date;
  readonly ranks: readonly Rank[];
  /** With how few workers an elastic job goes on. */
  readonly minReplicas?: number | undefined;
  /** The last confirmed step; absent before the first report. */
  readonly step?: number | undefined;
  /** When `step` last changed. */
  readonly advancedAt?: Date | undefined;
}

interface Deadline {
  readonly at: Date;
  readonly cause: FailureCause;
}

/** The deadline that has passed, the earliest one first. */
export function exceededDeadline(
  spec: DeadlineSpec,
  facts: DeadlineFacts,
  now: Date,
): FailureCause | undefined {
  return deadlines(spec, facts).find(({ at }) => at <= now)?.cause;
}

/** When the next deadline passes if nothing changes until then. */
export function nextDeadline(spec: DeadlineSpec, facts: DeadlineFacts): Date | undefined {
  return deadlines(spec, facts)[0]?.at;
}

function deadlines(spec: DeadlineSpec, facts: DeadlineFacts): readonly Deadline[] {
  return [activeDeadline(spec, facts), pendingDeadline(spec, facts), progressDeadline(spec, facts)]
    .filter((deadline) => deadline !== undefined)
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}

/** The whole run, without the time in which it was suspended before this start. */
function activeDeadline(
  { activeDeadlineSeconds }: DeadlineSpec,
  { startedAt }: DeadlineFacts,
): Deadline | undefined {
  if (activeDeadlineSeconds === undefined) return undefined;
  return {
    at: addSeconds(startedAt, activeDeadlineSeconds),
    cause: {
      exitCode: ExitCode.stopped,
      reason: 'ActiveDeadlineExceeded',
      message: `the job ran longer than activeDeadlineSeconds (${activeDeadlineSeconds}); raise it or train fewer steps`,
    },
  };
}

/** A worker that is wanted and does not run: it was made and waits, or could not be made. An elastic job can do without some. */
function pendingDeadline(
  { pendingDeadlineSeconds }: DeadlineSpec,
  { ranks, startedAt, minReplicas }: DeadlineFacts,
): Deadline | undefined {
  if (pendingDeadlineSeconds === undefined) return undefined;
  const running = ranks.filter((rank) => rank.wanted && stateOf(rank) === 'running').length;
  if (minReplicas !== undefined && running >= minReplicas) return undefined;
  const [first] = waitingRanks(ranks)
    .map((rank) => ({ rank, since: pendingSince(rank, startedAt) }))
    .sort((a, b) => a.since.getTime() - b.since.getTime() || a.rank.rank - b.rank.rank);
  if (first === undefined) return undefined;
  const { rank, child, lastAttempt } = first.rank;
  const words = child?.waiting === undefined ? '' : `: ${child.waiting.message}`;
  return {
    at: addSeconds(first.since, pendingDeadlineSeconds),
    cause: {
      rank,
      ...(lastAttempt > 0 && { attempt: lastAttempt }),
      exitCode: ExitCode.peerLost,
      reason: 'PendingDeadlineExceeded',
      message: `worker ${rank} did not start within pendingDeadlineSeconds (${pendingDeadlineSeconds})${words}`,
    },
  };
}

/** Since when a rank is without a running worker. */
function pendingSince(rank: Rank, startedAt: Date): Date {
  const { child, stored } = rank;
  if (child !== undefined && stateOf(rank) === 'pending') return child.createdAt;
  const { restartTime } = stored ?? {};
  const endedAt = child?.finishedAt ?? (restartTime === undefined ? startedAt : new Date(restartTime));
  return endedAt > startedAt ? endedAt : startedAt;
}

/** No confirmed step for too long; before the first one, counted from the start of the job. */
function progressDeadline(
  { progressDeadlineSeconds }: DeadlineSpec,
  facts: DeadlineFacts,
): Deadline | undefined {
  if (progressDeadlineSeconds === undefined) return undefined;
  const { step } = facts;
  const where = step === undefined ? 'no worker reported any progress' : `no step after step ${step}`;
  return {
    at: addSeconds(quietSince(facts), progressDeadlineSeconds),
    cause: {
      exitCode: ExitCode.peerLost,
      reason: 'ProgressDeadlineExceeded',
      message: `${where} for progressDeadlineSeconds (${progressDeadlineSeconds}); look at the workers' last log lines, or raise the deadline`,
    },
  };
}

/** Since when no step was confirmed. */
export function quietSince({ advancedAt, startedAt }: Pick<DeadlineFacts, 'advancedAt' | 'startedAt'>): Date {
  return advancedAt !== undefined && advancedAt > startedAt ? advancedAt : startedAt;
}

function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}
