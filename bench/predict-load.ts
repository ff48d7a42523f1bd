import { parseJob, type JobSpec } from '../crds/index.ts';
import type { TensorSpec } from '../trainer/ternary/layout.ts';

/** As in `bench -- exchange`: so many tensors of equal size. */
const TENSORS = 8;

/** @param size of the float32 gradient, such as `4MB`. */
export function tensorsOf(size: string): readonly TensorSpec[] {
  const values = Math.round((Number.parseFloat(size) * 1e6) / Float32Array.BYTES_PER_ELEMENT / TENSORS);
  return Array.from({ length: TENSORS }, (_, index) => ({
    name: `tensor-${index}`,
    shape: [values],
    size: values,
  }));
}

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
