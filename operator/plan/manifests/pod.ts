import type { PodTemplate } from '../../../crds/pod-template.ts';
import type { WorkerIdentity } from '../worker-child.ts';
import type { ClusterJob } from './cluster-job.ts';
import { workerEnvironment } from './environment.ts';
import { gpuQuantities, usesGpus } from './gpus.ts';
import { workerLabels } from './labels.ts';
import type { Manifest } from './manifest.ts';
import { workerHostname, workerPodName, coordinatorServiceName } from './names.ts';
import { ownerReference } from './owner-reference.ts';
import { PodPath } from './pod-paths.ts';
import { CONTAINER_SECURITY_CONTEXT, POD_SECURITY_CONTEXT } from './pod-security.ts';
import { GRPC_PORT, HTTP_PORT } from './ports.ts';
import { WORKER_PROBES } from './probes.ts';
import { podScheduling } from './scheduling.ts';
import { podVolumes } from './volumes.ts';

/** What the operator's own settings decide about worker pods. */
export interface PodSettings {
  readonly trainerImage: string;
  /** For workers that get GPUs. */
  readonly trainerGpuImage: string;
  /** Of these two images. Absent: as Kubernetes decides from the tag. */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly logLevel: string;
}

const DEFAULT_GRACE_SECONDS = 30;
/** A checkpoint of some gigabytes to a slow volume: rank 0 saves when it is asked to stop. */
const SAVING_GRACE_SECONDS = 120;
const CONTAINER_NAME = 'worker';

/** The pod of one attempt of a rank. It is never restarted in place: a new attempt is a new pod. */
export function workerPod(job: ClusterJob, worker: WorkerIdentity, settings: PodSettings): Manifest {
  const { name: jobName, namespace } = job.metadata;
  const { template = {} } = job.spec.workers;
  const { volumes, volumeMounts } = podVolumes(job, worker);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: workerPodName(jobName, worker),
      namespace,
      labels: { ...template.labels, ...workerLabels(job, worker) },
      ...(template.annotations !== undefined && { annotations: template.annotations }),
      ownerReferences: [ownerReference(job)],
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      hostname: workerHostname(worker.rank),
      subdomain: coordinatorServiceName(jobName),
      terminationGracePeriodSeconds: template.terminationGracePeriodSeconds ?? defaultGrace(job, worker),
      securityContext: POD_SECURITY_CONTEXT,
      ...podScheduling(job),
      ...(template.imagePullSecrets !== undefined && { imagePullSecrets: template.imagePullSecrets }),
      volumes,
      containers: [
        {
          name: CONTAINER_NAME,
          ...workerImage(job, settings),
          env: workerEnvironment(job, worker, settings.logLevel),
          ports: [GRPC_PORT, HTTP_PORT].map(({ name, number }) => ({
            name,
            containerPort: number,
            protocol: 'TCP',
          })),
          ...workerResources(template, job.spec.workers.gpusPerWorker),
          volumeMounts,
          ...WORKER_PROBES,
          securityContext: CONTAINER_SECURITY_CONTEXT,
          terminationMessagePath: PodPath.terminationMessage,
          terminationMessagePolicy: 'File',
        },
      ],
    },
  };
}

function defaultGrace({ spec }: ClusterJob, { rank }: WorkerIdentity): number {
  return rank === 0 && spec.checkpoint !== undefined ? SAVING_GRACE_SECONDS : DEFAULT_GRACE_SECONDS;
}

/** The user's image with the user's policy; else ours, of which there is one for GPUs. */
function workerImage(job: ClusterJob, settings: PodSettings) {
  const { image, imagePullPolicy: wanted } = job.spec.workers.template ?? {};
  const ours = usesGpus(job.spec.workers) ? settings.trainerGpuImage : settings.trainerImage;
  const imagePullPolicy = wanted ?? (image === undefined ? settings.imagePullPolicy : undefined);
  return { image: image ?? ours, ...(imagePullPolicy !== undefined && { imagePullPolicy }) };
}

function workerResources({ resources = {} }: PodTemplate, gpusPerWorker: number) {
  const gpus = gpuQuantities(gpusPerWorker);
  const requests = { ...resources.requests, ...gpus };
  const limits = { ...resources.limits, ...gpus };
  const { claims } = resources;
  return {
    resources: {
      ...(Object.keys(requests).length > 0 && { requests }),
      ...(Object.keys(limits).length > 0 && { limits }),
      ...(claims !== undefined && { claims }),
    },
  };
}
