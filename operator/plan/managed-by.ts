import type { ResolvedJob } from '../../crds/job.ts';

/** What `spec.managedBy` may say to mean this operator; leaving it out means the same. */
const OUR_NAME = 'terngrad.dev/operator';

/** Whether the job is ours to run. If not, nothing of it is written, its status included. */
export function isManagedByUs({ spec }: Pick<ResolvedJob, 'spec'>): boolean {
  return spec.managedBy === undefined || spec.managedBy === OUR_NAME;
}
