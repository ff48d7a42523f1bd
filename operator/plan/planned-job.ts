import type { ResolvedJob } from '../../crds/job.ts';
import type { JobProgress } from './progress.ts';
import type { JobStatus } from './status.ts';

/** All that the plan knows of a job besides its workers. */
export interface PlannedJob {
  readonly job: ResolvedJob;
  /** The status of the last look; absent at the first. Every stored time lives here. */
  readonly status?: JobStatus;
  /** The last answer of rank 0; absent until it gave one. */
  readonly progress?: JobProgress;
  /** Someone asked for an end: Ctrl-C, or the deletion of the job. */
  readonly stopRequest?: StopRequest;
}

export interface StopRequest {
  readonly requestedAt: Date;
  /** For humans: who asked, for example `interrupted by Ctrl-C`. */
  readonly message: string;
}
