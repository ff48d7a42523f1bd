import type { ClusterJob } from './cluster-job.ts';
import { CHILD_LABELS, Label } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { childMetadata } from './metadata.ts';
import { coordinatorServiceName } from './names.ts';
import { GRPC_PORT } from './ports.ts';

/**
 * The name under which the others find rank 0, who tells them each other's addresses: it has the address of one pod, the
 * given attempt's. Applied again with every attempt of rank 0, so that nobody is sent to one that is fenced. Workers look
 * for it before any of them is ready, so readiness must not hide it.
 */
export function coordinatorService(job: ClusterJob, attempt: number): Manifest {
  const selected = { [Label.rank]: '0', [Label.attempt]: String(attempt) };
  const { name, number } = GRPC_PORT;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMetadata(job, coordinatorServiceName(job.metadata.name)),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { ...CHILD_LABELS, [Label.jobUid]: job.metadata.uid, ...selected },
      ports: [{ name, protocol: 'TCP', port: number, targetPort: name }],
    },
  };
}
