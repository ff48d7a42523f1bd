/** What rank 0 reports of a running job. Only confirmed steps are reported, so `step` never goes back. */
export interface JobProgress {
  readonly step: number;
  readonly totalSteps: number;
  /** With the fraction of the running epoch. */
  readonly epoch: number;
  readonly loss?: number;
  /** 0..1. */
  readonly testAccuracy?: number;
  readonly samplesPerSecond?: number;
  /** Median milliseconds per step. */
  readonly stepMs?: number;
  readonly bytes?: GradientBytes;
  /** Members of the last generation; empty before there was one. */
  readonly ranks: readonly RankProgress[];
  /** Members that rank 0 waits for; empty while the workers train. */
  readonly suspects: readonly Suspect[];
  /** Members that are much slower than the others. */
  readonly stragglers: readonly Straggler[];
  /** When `step` was last seen to grow, by the clock of whoever polls. */
  readonly advancedAt: Date;
}

export interface RankProgress {
  readonly rank: number;
  readonly attempt: number;
  readonly step: number;
  /** `joining`, `training`, `waiting`, `finished`. */
  readonly state: string;
}

export interface Suspect {
  readonly rank: number;
  readonly attempt: number;
  /** For humans. */
  readonly reason: string;
  /** When rank 0 was first heard to wait for it, by the clock of whoever polls. */
  readonly since: Date;
  /** When it was last heard to. */
  readonly heardAt: Date;
}

export interface Straggler {
  readonly rank: number;
  readonly attempt: number;
  /** Its time for a gradient over that of the others. */
  readonly slowdown: number;
  /** Since when rank 0 has called it one without a break, by the clock of whoever polls. */
  readonly since: Date;
}

/** `raw` is the float32 size of the values that crossed the wire, `wire` the bytes that did. */
export interface GradientBytes {
  readonly raw: number;
  readonly wire: number;
}

/** Whether the members train, or have just finished, as opposed to waiting for each other. */
export function trains({ ranks }: JobProgress): boolean {
  return ranks.some(({ state }) => state === 'training' || state === 'finished');
}

/** 0..1, or 0 while the number of steps is not known. */
export function completedFraction(progress: JobProgress): number {
  if (progress.totalSteps <= 0) return 0;
  return Math.min(1, progress.step / progress.totalSteps);
}

/** Remaining time at the median pace; absent before the first step. Evaluations on the way are not counted. */
export function remainingMs({ step, totalSteps, stepMs }: JobProgress): number | undefined {
  if (step <= 0 || totalSteps <= 0 || stepMs === undefined || stepMs <= 0) return undefined;
  return stepMs * Math.max(0, totalSteps - step);
}
