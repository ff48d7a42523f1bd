import type { ResolvedJob } from '../../../crds/job.ts';

/** A job that an API server holds: it gave it the UID by which its children and certificates know it. */
export interface ClusterJob extends ResolvedJob {
  readonly metadata: ResolvedJob['metadata'] & { readonly uid: string };
}

/** Throws TypeError where the UID is missing: such an object did not come from an API server. */
export function clusterJob(job: ResolvedJob): ClusterJob {
  const { uid } = job.metadata;
  if (uid === undefined) throw new TypeError(`the job ${job.metadata.name} has no metadata.uid`);
  return { ...job, metadata: { ...job.metadata, uid } };
}
