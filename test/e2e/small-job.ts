import type { TernGradJob } from '../../crds/index.ts';

type Spec = TernGradJob['spec'];

/** Names that a job may have here are its test's. */
export function smallJob(name: string, replicas: number, changes: Partial<Spec> = {}): TernGradJob {
  return {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name },
    spec: {
      program: { name: 'logistic' },
      data: { name: 'synthetic' },
      training: { steps: 20, batchSize: 64 },
      ...changes,
      workers: { replicas, backend: 'cpu', ...changes.workers },
    },
  };
}

/** One that goes on until it is deleted, whatever happens to its workers. */
export function endlessJob(name: string, replicas: number, changes: Partial<Spec> = {}): TernGradJob {
  return smallJob(name, replicas, {
    training: { steps: 100_000_000, batchSize: 64 },
    failurePolicy: { backoffLimit: 1000 },
    ...changes,
  });
}
