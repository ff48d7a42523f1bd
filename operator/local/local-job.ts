import { randomUUID } from 'node:crypto';
import type { ResolvedJob } from '../../crds/job.ts';

/** A job of this computer: no API server gave it a UID, so it has one of its own making. */
export interface LocalJob extends ResolvedJob {
  metadata: ResolvedJob['metadata'] & { uid: string };
}

/**
 * The job as it is run here. A new UID for every run: certificates of one run are worth nothing in another. What is
 * for clusters alone has its default: no process stays after the end, and there is no object to delete or to hand over.
 */
export function localJob(job: ResolvedJob, uid: string = randomUUID()): LocalJob {
  const { managedBy: _managedBy, ttlSecondsAfterFinished: _ttl, ...spec } = job.spec;
  return {
    ...job,
    metadata: { ...job.metadata, uid },
    spec: { ...spec, cleanPodPolicy: 'running' },
  };
}
