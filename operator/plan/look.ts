import type { JobStatus } from '../../crds/status.ts';
import type { Blockage } from './blocked.ts';
import { blockageOf } from './blocked.ts';
import type { Completion } from './completion.ts';
import { completionOf } from './completion.ts';
import type { DeadlineFacts } from './deadlines.ts';
import { exceededDeadline, nextDeadline } from './deadlines.ts';
import type { End } from './ends.ts';
import { unjudgedEnds } from './ends.ts';
import type { Judgement } from './failure-policy.ts';
import { CAUSE_WAIT_MS, judge } from './failure-policy.ts';
import type { JobFigures } from './job-figures.ts';
import { figuresOf, finalFigures } from './job-figures.ts';
import type { FinalFigures } from './job-figures.ts';
import type { Outcome } from './outcome.ts';
import { decideOutcome } from './outcome.ts';
import type { JobProgress } from './progress.ts';
import { trains } from './progress.ts';
import type { PlannedJob } from './planned-job.ts';
import type { Rank } from './ranks.ts';
import { ranksOf } from './ranks.ts';
import type { Staffing } from './wanted-workers.ts';
import type { Stragglers } from './stragglers.ts';
import { stragglersOf } from './stragglers.ts';
import { suspicionOf } from './suspicion.ts';
import { staffing } from './wanted-workers.ts';
import type { WorkerChild } from './worker-child.ts';

/** All that one look at a job finds out and decides; the plan and the status are read off it. */
export interface Look {
  readonly planned: PlannedJob;
  readonly children: readonly WorkerChild[];
  readonly ranks: readonly Rank[];
  readonly judgement: Judgement;
  /** Workers that live, as far as anybody can see, and are given up. */
  readonly suspicion: readonly End[];
  readonly stragglers: Stragglers;
  readonly outcome: Outcome;
  readonly completion: Completion | undefined;
  /** When the job was started, or started again; absent while it is suspended. */
  readonly startedAt: Date | undefined;
  /** The report of rank 0, as far as it says how far the training is. */
  readonly report: JobProgress | undefined;
  readonly figures: JobFigures;
  /** What rank 0 left; only of a job that has just ended. */
  readonly final: FinalFigures | undefined;
  /** What the clocks of an active job run from. */
  readonly quiet: DeadlineFacts | undefined;
  readonly deadline: Date | undefined;
  readonly staffing: Staffing;
  readonly blockage: Blockage;
}

const nothingJudged: Judgement = { changes: new Map(), failures: [], countedFailures: 0 };

export function lookAt(planned: PlannedJob, children: readonly WorkerChild[], now: Date): Look {
  const { job, status, progress, stopRequest } = planned;
  const { spec } = job;
  const ranks = ranksOf(status?.ranks ?? [], children, spec.workers.replicas);
  const isOver = status?.completionTime !== undefined;
  const isSuspended = spec.suspend && !isOver;
  const startedAt = isSuspended ? undefined : startTime(planned, children, now);
  const report = informed(progress, status);
  const running = figuresOf(isOver ? undefined : report, undefined, status);
  const quiet = startedAt && {
    startedAt,
    ranks,
    minReplicas: spec.workers.elastic?.minReplicas,
    step: running.step,
    advancedAt: dateOf(running.lastProgressTime),
  };
  const completion = completionOf(spec.successPolicy, ranks, now);
  const isWatched = !isOver && !isSuspended && completion === undefined;
  const suspicion = isWatched ? suspicionOf(ranks, progress, status?.step, now) : [];
  const stragglers = isWatched
    ? stragglersOf(spec.stragglerPolicy, ranks, progress, now)
    : { slow: [], ends: [] };
  const ends = [...unjudgedEnds(ranks, children, now), ...suspicion, ...stragglers.ends];
  const found =
    isOver || (isSuspended && stopRequest === undefined)
      ? nothingJudged
      : judgeEnds(planned, ranks, ends, completion !== undefined, now);
  const exceeded = quiet && exceededDeadline(spec, quiet, now);
  const outcome = decideOutcome({ planned, ranks, children, judgement: found, completion, exceeded });
  const judgement = isOfJudgement(outcome, found, planned) ? found : nothingJudged;
  const hasJustEnded = !isOver && (outcome.kind === 'succeeded' || outcome.kind === 'failed');
  const final = hasJustEnded ? finalFigures(ranks, running.totalSteps, now) : undefined;
  return {
    planned,
    children,
    ranks,
    judgement,
    suspicion,
    stragglers,
    outcome,
    completion,
    startedAt,
    report,
    figures: final === undefined ? running : figuresOf(undefined, final, status),
    final,
    quiet,
    deadline: quiet && nextDeadline(spec, quiet),
    staffing: completion === undefined ? staffing(ranks, judgement, now) : { start: [] },
    blockage: blockageOf(ranks, planned.obstacles ?? [], now),
  };
}

/** A rank 0 that has just come, and waits for the others, does not know yet how far they are. */
function informed(progress: JobProgress | undefined, status: JobStatus | undefined): JobProgress | undefined {
  if (progress === undefined || trains(progress)) return progress;
  return progress.step < (status?.step ?? 0) ? undefined : progress;
}

function judgeEnds(
  { job, status, causeWaitMs }: PlannedJob,
  ranks: readonly Rank[],
  ends: readonly End[],
  isComplete: boolean,
  now: Date,
): Judgement {
  return judge(
    {
      spec: job.spec,
      ranks,
      ends,
      isComplete,
      countedBefore: status?.failureCount ?? 0,
      failuresBefore: status?.failures ?? [],
      causeWaitMs: causeWaitMs ?? CAUSE_WAIT_MS,
    },
    now,
  );
}

/** Of a job that was asked to stop or has succeeded, no worker's end is a failure any more. */
function isOfJudgement(outcome: Outcome, { cause }: Judgement, { stopRequest }: PlannedJob): boolean {
  if (outcome.kind === 'failed') return stopRequest === undefined || outcome.cause === cause;
  return outcome.kind === 'active';
}

/**
 * A suspension clears the stored time, so the clocks start anew when the job goes on. The first status may be stored some
 * time after the first start: until then the oldest worker tells when that was.
 */
function startTime({ status }: PlannedJob, children: readonly WorkerChild[], now: Date): Date | undefined {
  if (status === undefined) return new Date(Math.min(now.getTime(), ...children.map(createdMs)));
  return dateOf(status.startTime) ?? (status.completionTime === undefined ? now : undefined);
}

function createdMs({ createdAt }: WorkerChild): number {
  return createdAt.getTime();
}

function dateOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
