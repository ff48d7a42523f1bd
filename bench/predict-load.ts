import { parseJob, type JobSpec } from '../crds/index.ts';

/** The job whose costs predict the steps of `bench -- exchange`. */
export function benchSpec(): JobSpec {
  return parseJob(
    JSON.stringify({
      apiVersion: 'terngrad.dev/v1alpha1',
      kind: 'TernGradJob',
      metadata: { name: 'bench' },
      spec: { program: { name: 'mlp' }, training: { steps: 1, optimizer: { name: 'sgd' } } },
    }),
    'bench.yaml',
  ).spec;
}
