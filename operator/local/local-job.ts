import { randomUUID } from 'node:crypto';
import type { ResolvedJob } from '../../crds/job.ts';

/** A job of this computer: no API server gave it a UID, so it has one of its own making. */
export interface LocalJob extends ResolvedJob {
  metadata: ResolvedJob['metadata'] & { uid: string };
}

/** A new UID for every run: certificates of one run are worth nothing in another. */
export function localJob(job: ResolvedJob, uid: string = randomUUID()): LocalJob {
  return { ...job, metadata: { ...job.metadata, uid } };
}
