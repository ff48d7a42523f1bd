import type { TernGradJob } from '../../../../crds/job.ts';
import { API_VERSION, KIND } from '../../../../crds/job.ts';
import { resolveJob } from '../../../../crds/resolve.ts';
import type { ClusterJob } from '../cluster-job.ts';
import { clusterJob } from '../cluster-job.ts';

type Workers = NonNullable<TernGradJob['spec']['workers']>;

export const UID = '11111111-2222-4333-8444-555555555555';

/** A job `mnist` of two workers in namespace `team-a`, as the API server hands it out. */
export function mnistJob(
  workers: Partial<Workers> = {},
  spec: Partial<TernGradJob['spec']> = {},
): ClusterJob {
  const object = {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: 'mnist', namespace: 'team-a', uid: UID, annotations: { note: 'the user’s own' } },
    spec: {
      program: { name: 'lenet' },
      training: { steps: 100 },
      ...spec,
      workers: { replicas: 2, ...workers },
    },
  };
  return clusterJob(resolveJob(object, 'mnist'));
}
