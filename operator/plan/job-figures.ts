import type { JobStatus } from '../../crds/status.ts';
import type { TerminationMessage } from '../../crds/termination-message.ts';
import { summaryOf } from './figures.ts';
import type { JobProgress } from './progress.ts';
import type { Rank } from './ranks.ts';

const names = [
  'step',
  'totalSteps',
  'epoch',
  'loss',
  'testLoss',
  'testAccuracy',
  'samplesPerSecond',
  'gradientBytes',
  'weightsHash',
  'lastProgressTime',
] as const;

/** The part of the status that tells how far the training is. */
export type JobFigures = Pick<JobStatus, (typeof names)[number]>;

/**
 * The figures of the last report, or at the end those that rank 0 left; where there are neither, as after a restart
 * of the operator, the stored ones.
 */
export function figuresOf(
  progress: JobProgress | undefined,
  final: FinalFigures | undefined,
  previous: JobStatus | undefined,
): JobFigures {
  const report = final ?? progress;
  if (report === undefined) return keptFigures(previous);
  const { step, totalSteps, epoch, loss, testLoss, testAccuracy, samplesPerSecond, bytes } = {
    testLoss: undefined,
    ...report,
  };
  return {
    step,
    totalSteps,
    epoch,
    ...finite({ loss, testLoss, testAccuracy, samplesPerSecond }),
    ...(bytes !== undefined && { gradientBytes: { raw: bytes.raw, wire: bytes.wire } }),
    ...(final?.weightsHash !== undefined && { weightsHash: final.weightsHash }),
    lastProgressTime: progressTime(report, previous),
  };
}

/** `kubectl get`'s columns; without a new report the stored texts stay. */
export function columnsOf(
  facts: { readonly ready: number; readonly wanted: number; readonly isActive: boolean },
  progress: JobProgress | undefined,
  previous: JobStatus | undefined,
): NonNullable<JobStatus['summary']> {
  const { eta, ...columns } = {
    ...(progress === undefined ? previous?.summary : undefined),
    ...summaryOf(facts.ready, facts.wanted, progress),
  };
  return facts.isActive && eta !== undefined ? { ...columns, eta } : columns;
}

export interface FinalFigures extends JobProgress {
  readonly testLoss?: number;
  readonly weightsHash?: string;
}

/** What rank 0 left at its end, or where it left nothing of its success, another worker; undefined when there is nothing. */
export function finalFigures(
  ranks: readonly Rank[],
  totalSteps: number | undefined,
  now: Date,
): FinalFigures | undefined {
  const children = ranks.map(({ child }) => child);
  const succeeded = children.find((one) => one?.phase === 'succeeded' && one.message !== undefined);
  const child = succeeded ?? children.find((one) => one?.rank === 0);
  const message = child?.message;
  if (child === undefined || message === undefined) return undefined;
  const { steps, epochs, loss, testLoss, testAccuracy, samplesPerSecond, bytes, weightsHash } = message;
  return {
    step: steps,
    totalSteps: child.phase === 'succeeded' ? steps : Math.max(totalSteps ?? 0, steps),
    epoch: epochs,
    ranks: [],
    suspects: [],
    stragglers: [],
    advancedAt: child.finishedAt ?? now,
    ...finite({ loss, testLoss, testAccuracy, samplesPerSecond }),
    ...(bytes !== undefined && { bytes: pushAndPull(bytes) }),
    ...(weightsHash !== undefined && { weightsHash }),
  };
}

function pushAndPull({ push, pull }: NonNullable<TerminationMessage['bytes']>): {
  raw: number;
  wire: number;
} {
  return { raw: push.raw + pull.raw, wire: push.wire + pull.wire };
}

/** The stored time stays while the step does: whoever polls may have been restarted meanwhile. */
function progressTime(report: JobProgress, previous: JobStatus | undefined): string {
  const { lastProgressTime } = previous ?? {};
  const isSame = previous?.step === report.step && lastProgressTime !== undefined;
  return isSame ? lastProgressTime : report.advancedAt.toISOString();
}

function keptFigures(previous: JobStatus | undefined): JobFigures {
  const kept = names.map((name) => [name, previous?.[name]] as const);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

/** JSON has no NaN and no infinity: what is not finite is left out. */
function finite<Name extends string>(
  figures: Record<Name, number | undefined>,
): Partial<Record<Name, number>> {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value))) as Partial<
    Record<Name, number>
  >;
}
