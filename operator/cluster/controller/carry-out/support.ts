import { networkPolicy } from '../../../plan/manifests/network-policy.ts';
import { coordinatorService } from '../../../plan/manifests/services.ts';
import type { Cluster, JobContext } from '../job-context.ts';
import { newestCoordinatorAttempt } from './coordinator-attempt.ts';
import { ensureChild } from './ensure-child.ts';

/** Before the first pod: none is ever without it. */
export async function ensureNetworkPolicy(cluster: Cluster, { job, memory }: JobContext): Promise<void> {
  const { stores, resources, settings, clock } = cluster;
  const access = {
    resource: resources.networkPolicies,
    store: stores.networkPolicies,
    own: memory.networkPolicies,
  };
  await ensureChild(access, job.metadata.uid, networkPolicy(job, settings.networkPolicy), clock());
}

/**
 * The name of rank 0, which follows its newest attempt.
 * @param knownAttempt the newest attempt of rank 0, as far as this look knows
 */
export async function ensureService(
  cluster: Cluster,
  context: JobContext,
  knownAttempt: number,
): Promise<void> {
  const { stores, resources, clock } = cluster;
  const { job, memory } = context;
  const coordinatorAttempt = await newestCoordinatorAttempt(cluster, context, knownAttempt);
  const access = { resource: resources.services, store: stores.services, own: memory.services };
  await ensureChild(access, job.metadata.uid, coordinatorService(job, coordinatorAttempt), clock());
}
