import { isDeepStrictEqual } from 'node:util';
import { API_VERSION, KIND } from '../../../../crds/job.ts';
import type { JobStatus } from '../../../../crds/status.ts';
import type { StatusChange } from '../../../plan/status-change.ts';
import type { Resource } from '../../api/types.ts';
import type { JobObject } from '../job-object.ts';
import { slimJob } from '../slim.ts';
import type { JobMemory } from '../memory/job-memory.ts';

/** Figures alone (progress, counts, words) are written this often at most: nobody builds on them. */
const FIGURES_EVERY_MS = 10_000;
/**
 * Once its pods are made, the first status of a job waits so long for every job that is started at the same time, so that it
 * does not compete with their pods: it costs the API server more than a pod does, and a job that runs by then needs none.
 */
const START_WAIT_PER_JOB_MS = 50;
const MAX_START_WAIT_MS = 10_000;
/** But it does not wait for ever for pods that cannot be made. */
const MAX_WAIT_FOR_PODS_MS = 15_000;

/**
 * When a status is to be written: `undefined` for never, as nothing changed.
 * @param starting jobs whose first status waits, this one included
 */
export function statusDueAt(
  change: StatusChange,
  memory: JobMemory,
  starting: number,
  now: Date,
): Date | undefined {
  switch (change) {
    case 'none':
      return undefined;
    case 'facts':
      return now;
    case 'start':
      return startDueAt(memory, starting);
    case 'figures': {
      const { statusWrittenAt } = memory;
      return statusWrittenAt === undefined ? now : new Date(statusWrittenAt.getTime() + FIGURES_EVERY_MS);
    }
  }
}

function startDueAt({ firstSeenAt, podsMadeAt }: JobMemory, starting: number): Date {
  if (podsMadeAt === undefined) return new Date(firstSeenAt.getTime() + MAX_WAIT_FOR_PODS_MS);
  return new Date(podsMadeAt.getTime() + Math.min(starting * START_WAIT_PER_JOB_MS, MAX_START_WAIT_MS));
}

/**
 * Writes a job's status, whole, by server-side apply: what it leaves out is removed. The UID in it makes the server
 * refuse it for a job of the same name that came later, the resourceVersion for a job that has changed since it was
 * read: counts that follow from an old view never replace newer ones. The answer counts as read until the watch has
 * caught up.
 * @throws ApiError 409 when the view was old: the job is to be looked at again once the watch shows more.
 */
export async function writeStatus(
  resource: Resource<JobObject>,
  object: JobObject,
  status: JobStatus,
  memory: JobMemory,
  now: Date,
): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = object.metadata;
  const last = memory.lastStatus;
  // The server stored something else than we wrote, and would again: that must not become an endless loop.
  if (last?.resourceVersion === resourceVersion && isDeepStrictEqual(last?.status, status)) return;
  const applied = await resource.applyStatus(namespace, name, {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace, uid, ...(resourceVersion !== undefined && { resourceVersion }) },
    status,
  });
  memory.jobs.recordWritten(slimJob(applied), now);
  memory.statusWrittenAt = now;
  memory.lastStatus = { status, resourceVersion: applied.metadata.resourceVersion };
}
