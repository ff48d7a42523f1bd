import type { ClusterJob } from './cluster-job.ts';
import { GPU_TOLERATION, usesGpus } from './gpus.ts';
import { Label } from './labels.ts';

/** Where the pod may run, and who decides it. All of it is the user's, except the toleration of GPU nodes. */
export function podScheduling(job: ClusterJob): Readonly<Record<string, unknown>> {
  const { workers } = job.spec;
  const { template = {} } = workers;
  const { nodeSelector, affinity, priorityClassName, runtimeClassName, schedulerName, resourceClaims } =
    template;
  const tolerations = [...(template.tolerations ?? []), ...(usesGpus(workers) ? [GPU_TOLERATION] : [])];
  const topologySpreadConstraints = spread(job);
  return {
    ...(nodeSelector !== undefined && { nodeSelector }),
    ...(affinity !== undefined && { affinity }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(topologySpreadConstraints.length > 0 && { topologySpreadConstraints }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(runtimeClassName !== undefined && { runtimeClassName }),
    ...(schedulerName !== undefined && { schedulerName }),
    ...(resourceClaims !== undefined && { resourceClaims }),
  };
}

/** A constraint without a selector counts nothing; what is meant are the workers of the job. */
function spread({ spec, metadata }: ClusterJob): readonly object[] {
  const workers = { matchLabels: { [Label.jobUid]: metadata.uid } };
  const constraints = spec.workers.template?.topologySpreadConstraints ?? [];
  return constraints.map((constraint) => ({
    ...constraint,
    labelSelector: constraint.labelSelector ?? workers,
  }));
}
