import type { JobSpec } from '../../crds/job.ts';
import { ExitCode } from '../../crds/exit-codes.ts';
import type { FailureCause } from './failure-policy.ts';
import type { JobProgress } from './progress.ts';
import type { WorkerChild } from './worker-child.ts';

export type DeadlineSpec = Pick<
  JobSpec,
  'activeDeadlineSeconds' | 'pendingDeadlineSeconds' | 'progressDeadlineSeconds'
>;

export interface DeadlineFacts {
  readonly startedAt: Date;
  readonly children: readonly WorkerChild[];
  readonly progress?: JobProgress | undefined;
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

/** The whole run, from the first look at the job. */
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

/** A worker that was made but does not run. */
function pendingDeadline(
  { pendingDeadlineSeconds }: DeadlineSpec,
  { children }: DeadlineFacts,
): Deadline | undefined {
  if (pendingDeadlineSeconds === undefined) return undefined;
  const pending = children
    .filter((child) => child.phase === 'pending')
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())[0];
  if (pending === undefined) return undefined;
  return {
    at: addSeconds(pending.createdAt, pendingDeadlineSeconds),
    cause: {
      rank: pending.rank,
      attempt: pending.attempt,
      exitCode: ExitCode.peerLost,
      reason: 'PendingDeadlineExceeded',
      message: `worker ${pending.rank} did not start within pendingDeadlineSeconds (${pendingDeadlineSeconds})`,
    },
  };
}

/** No confirmed step for too long; before the first one, counted from the start of the job. */
function progressDeadline(
  { progressDeadlineSeconds }: DeadlineSpec,
  { startedAt, progress }: DeadlineFacts,
): Deadline | undefined {
  if (progressDeadlineSeconds === undefined) return undefined;
  const where =
    progress === undefined ? 'no worker reported any progress' : `no step after step ${progress.step}`;
  return {
    at: addSeconds(progress?.advancedAt ?? startedAt, progressDeadlineSeconds),
    cause: {
      exitCode: ExitCode.peerLost,
      reason: 'ProgressDeadlineExceeded',
      message: `${where} for progressDeadlineSeconds (${progressDeadlineSeconds}); look at the workers' last log lines, or raise the deadline`,
    },
  };
}

function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}
