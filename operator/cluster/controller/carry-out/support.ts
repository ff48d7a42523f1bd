import { networkPolicy } from '../../../plan/manifests/network-policy.ts';
import { coordinatorService, workersService } from '../../../plan/manifests/services.ts';
import type { Cluster, JobContext } from '../job-context.ts';
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

/** The names of the workers, and that of rank 0, which follows its newest attempt. */
export async function ensureServices(
  cluster: Cluster,
  { job, memory }: JobContext,
  coordinatorAttempt: number,
): Promise<void> {
  const { stores, resources, clock } = cluster;
  const access = { resource: resources.services, store: stores.services, own: memory.services };
  const wanted = [workersService(job), coordinatorService(job, coordinatorAttempt)];
  await Promise.all(wanted.map((service) => ensureChild(access, job.metadata.uid, service, clock())));
}
