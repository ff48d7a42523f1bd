import type { KubeObject } from '../api/types.ts';
import type { SpecifiedChild } from './specified-child.ts';
import type { JobObject } from './job-object.ts';
import type { Pod, PodStatus } from './observe/pod.ts';

/** Only what we read is kept in memory: thousands of pods cost what they say about their workers, no more. */
export function slimPod({ metadata, spec, status }: Pod): Pod {
  return {
    metadata: slimMetadata(metadata),
    ...(spec?.nodeName !== undefined && { spec: { nodeName: spec.nodeName } }),
    ...(status !== undefined && { status: slimStatus(status) }),
  };
}

export function slimChild({ metadata, spec }: SpecifiedChild): SpecifiedChild {
  return { metadata: slimMetadata(metadata), spec };
}

/** kubectl keeps a second copy of the job in an annotation. */
export function slimJob({ metadata, spec, status, apiVersion, kind }: JobObject): JobObject {
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    metadata: slimMetadata(metadata),
    spec,
    ...(status !== undefined && { status }),
  };
}

function slimMetadata(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } =
    metadata;
  const { labels, ownerReferences } = metadata;
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(generation !== undefined && { generation }),
    ...(creationTimestamp !== undefined && { creationTimestamp }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(labels !== undefined && { labels }),
    ...(ownerReferences !== undefined && { ownerReferences }),
  };
}

function slimStatus({ phase, reason, podIP, conditions, containerStatuses }: PodStatus): PodStatus {
  return {
    ...(phase !== undefined && { phase }),
    ...(reason !== undefined && { reason }),
    ...(podIP !== undefined && { podIP }),
    ...(conditions !== undefined && { conditions }),
    ...(containerStatuses !== undefined && {
      containerStatuses: containerStatuses.map(({ name, state }) => ({
        name,
        ...(state !== undefined && { state }),
      })),
    }),
  };
}
