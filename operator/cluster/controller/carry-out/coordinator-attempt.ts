import { workerOf } from '../../../plan/manifests/labels.ts';
import { coordinatorServiceName, workerPodName } from '../../../plan/manifests/names.ts';
import { isOwnedBy } from '../../../plan/manifests/owner-reference.ts';
import type { Cluster, JobContext } from '../job-context.ts';

/**
 * The attempt of rank 0 that the others are to find. Attempts only grow, so a Service that selects a later one than we
 * know of was changed by somebody, or our view of the pods is old. The pod itself tells, read from the server: without
 * it a job could end while its Service still leads to an attempt that is fenced.
 */
export async function newestCoordinatorAttempt(
  { stores, resources }: Cluster,
  { job, memory }: JobContext,
  knownAttempt: number,
): Promise<number> {
  const { name, namespace, uid } = job.metadata;
  const service = memory.services.get(stores.services, `${namespace}/${coordinatorServiceName(name)}`);
  const selected = selectedAttempt(service?.spec);
  if (selected === undefined || selected <= knownAttempt) return knownAttempt;
  const pod = await resources.pods.get(namespace, workerPodName(name, { rank: 0, attempt: selected }));
  return pod !== undefined && isOwnedBy(uid, pod.metadata) ? selected : knownAttempt;
}

/** Undefined where the selector names none, which is not ours then. */
function selectedAttempt(spec: unknown): number | undefined {
  const { selector } = (spec ?? {}) as { readonly selector?: Readonly<Record<string, string>> };
  return workerOf(selector)?.attempt;
}
