import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { ResolvedJob } from '../../crds/job.ts';
import { readOrCreateJobUid } from '../../trainer/checkpoint/job-uid.ts';

/** A job of this computer: no API server gave it a UID, so it has one of its own making. */
export interface LocalJob extends ResolvedJob {
  metadata: ResolvedJob['metadata'] & { uid: string };
}

/** A new UID for every run, unless the job has checkpoints: then the one that lies beside them, so that the job goes on. */
export async function localUid({ spec }: ResolvedJob, baseDirectory: string): Promise<string> {
  if (spec.checkpoint === undefined) return randomUUID();
  return readOrCreateJobUid(resolve(baseDirectory, spec.checkpoint.directory));
}

/**
 * The job as it is run here. What is
 * for clusters alone has its default: no process stays after the end, and there is no object to delete or to hand over.
 */
export function localJob(job: ResolvedJob, uid: string): LocalJob {
  const { managedBy: _managedBy, ttlSecondsAfterFinished: _ttl, ...spec } = job.spec;
  return {
    ...job,
    metadata: { ...job.metadata, uid },
    spec: { ...spec, cleanPodPolicy: 'running' },
  };
}
