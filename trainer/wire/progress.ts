/** What the operator tells rank 0 when it asks for progress. */
export interface ProgressRequest {
  /** Number of workers the job should have. */
  readonly wantedSize: number;
  /** Newest attempt of each rank that the operator has started. */
  readonly attempts: readonly { readonly rank: number; readonly attempt: number }[];
}

/** What rank 0 answers. Only confirmed steps are reported. */
export interface ProgressReport {
  readonly step: number;
  readonly totalSteps: number;
  /** With the fraction of the running epoch. */
  readonly epoch: number;
  readonly loss?: number;
  /** 0..1. */
  readonly testAccuracy?: number;
  readonly samplesPerSecond: number;
  /** Median milliseconds per step. */
  readonly stepMs: number;
  /** Gradient bytes that rank 0 sent so far, push and pull together. */
  readonly bytes: { readonly raw: number; readonly wire: number };
  readonly ranks: readonly RankProgress[];
  readonly suspects: readonly Suspect[];
  readonly stragglers: readonly Straggler[];
}

export interface RankProgress {
  readonly rank: number;
  readonly attempt: number;
  readonly step: number;
  /** `joining`, `training`, `waiting`, `finished`, ... */
  readonly state: string;
}

/** A rank that rank 0 waits for longer than it should. */
export interface Suspect {
  readonly rank: number;
  readonly attempt: number;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

/** A member that takes at least `stragglerPolicy.ratio` times as long for a gradient as the others. */
export interface Straggler {
  readonly rank: number;
  readonly attempt: number;
  readonly slowdown: number;
}
