import { stringify } from 'yaml';
import { parseJob, type JobSpec, type TernGradJob } from '../../../crds/index.ts';
import type { TensorSpec } from '../../ternary/layout.ts';

/** A resolved spec for tests: two workers, ten steps, and what the test changes. */
export function specOf(change: Partial<TernGradJob['spec']> = {}): JobSpec {
  const job: TernGradJob = {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name: 'test' },
    spec: { workers: { replicas: 2 }, program: { name: 'mlp' }, training: { steps: 10 }, ...change },
  };
  return parseJob(stringify(job), 'test.yaml').spec;
}

export function tensor(name: string, ...shape: number[]): TensorSpec {
  return { name, shape, size: shape.reduce((product, length) => product * length, 1) };
}

/** LeNet's tensors: 1.256 million parameters, 97.6 % of them in one matrix. */
export const lenetTensors: readonly TensorSpec[] = [
  tensor('conv1/kernel', 5, 5, 1, 20),
  tensor('conv1/bias', 20),
  tensor('conv2/kernel', 5, 5, 20, 50),
  tensor('conv2/bias', 50),
  tensor('fc1/kernel', 2450, 500),
  tensor('fc1/bias', 500),
  tensor('fc2/kernel', 500, 10),
  tensor('fc2/bias', 10),
];
