import type { ClusterJob } from './cluster-job.ts';
import { jobLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { ownerReference } from './owner-reference.ts';

/** Name, labels and owner of a child that belongs to the job as a whole. */
export function childMetadata(job: ClusterJob, name: string): Manifest['metadata'] {
  return {
    name,
    namespace: job.metadata.namespace,
    labels: jobLabels(job),
    ownerReferences: [ownerReference(job)],
  };
}
