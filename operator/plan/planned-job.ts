import type { ResolvedJob } from '../../crds/job.ts';
import type { JobStatus } from '../../crds/status.ts';
import type { JobProgress } from './progress.ts';

/** All that the plan knows of a job besides its workers. */
export interface PlannedJob {
  readonly job: ResolvedJob;
  /** `metadata.generation`; absent where no API server counts it. */
  readonly generation?: number;
  /** What was last stored, read back; absent at the first look. Every stored time and count lives here. */
  readonly status?: JobStatus;
  /** The last answer of rank 0; absent until it gave one. */
  readonly progress?: JobProgress;
  /** Someone asked for an end: Ctrl-C. */
  readonly stopRequest?: StopRequest;
  /** What the surroundings refused at the last attempt to carry the plan out; absent or empty when nothing. */
  readonly obstacles?: readonly Obstacle[];
  /**
   * How long the loss of a peer waits for the peer's own end to be seen before it counts as a failure of its own.
   * Default 3000, for processes. A cluster takes about 50 s to notice a lost node: give 60_000 there.
   */
  readonly causeWaitMs?: number;
}

export interface StopRequest {
  readonly requestedAt: Date;
  /** For humans: who asked, for example `interrupted by Ctrl-C`. */
  readonly message: string;
}

/** A refusal of the surroundings: quota, an admission policy, a foreign object that has the name of a child. */
export interface Obstacle {
  /** CamelCase: `ChildRefused`, `NameTaken`, ... */
  readonly reason: string;
  /** The API server's own words. */
  readonly message: string;
  /** Which worker it concerns; absent for what all share. */
  readonly rank?: number;
  readonly since: Date;
}
