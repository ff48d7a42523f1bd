import type { ClusterJob } from './cluster-job.ts';
import { CHILD_LABELS, Label } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { childMetadata } from './metadata.ts';
import { coordinatorServiceName, workersServiceName } from './names.ts';
import { GRPC_PORT, HTTP_PORT } from './ports.ts';

/** Gives every worker the name `worker-<rank>.<job>-workers`, also before it is ready. */
export function workersService(job: ClusterJob): Manifest {
  return headlessService(job, workersServiceName(job.metadata.name), {}, [GRPC_PORT, HTTP_PORT]);
}

/**
 * The name under which the others find rank 0: it has the address of one pod, the given attempt's. Applied again with
 * every attempt of rank 0, so that nobody is sent to one that is fenced.
 */
export function coordinatorService(job: ClusterJob, attempt: number): Manifest {
  const selected = { [Label.rank]: '0', [Label.attempt]: String(attempt) };
  return headlessService(job, coordinatorServiceName(job.metadata.name), selected, [GRPC_PORT]);
}

/** Workers look for each other before any of them is ready, so readiness must not hide them. */
function headlessService(
  job: ClusterJob,
  name: string,
  selected: Readonly<Record<string, string>>,
  ports: readonly { readonly name: string; readonly number: number }[],
): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMetadata(job, name),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { ...CHILD_LABELS, [Label.jobUid]: job.metadata.uid, ...selected },
      ports: ports.map((port) => ({
        name: port.name,
        protocol: 'TCP',
        port: port.number,
        targetPort: port.name,
      })),
    },
  };
}
