import type { JobStatus } from '../../../../crds/status.ts';
import type { JobProgress } from '../../../plan/progress.ts';
import type { WorkerChild } from '../../../plan/worker-child.ts';
import type { JobContext } from '../job-context.ts';

/** What rank 0 of each job reports, without anybody waiting for it. */
export interface JobProgressSource {
  /** The last answer; absent until there was one. */
  of(key: string, jobUid: string): JobProgress | undefined;
  /** Goes on asking, or stops, as the workers are now. */
  update(context: JobContext, children: readonly WorkerChild[], status: JobStatus | undefined): void;
  forget(key: string): void;
}
