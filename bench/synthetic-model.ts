import type { CompletedStep } from '../trainer/step/messages.ts';
import type { TensorSpec } from '../trainer/ternary/layout.ts';

/** What the compute thread of a measured worker is told, beside its job. */
export interface SyntheticModel {
  readonly tensors: readonly TensorSpec[];
  /** Steps that are not counted. */
  readonly warmupSteps: number;
}

/** Where a worker leaves its figures, in its base directory. */
export const FIGURES_FILE = 'figures.json';

export interface WorkerFigures {
  readonly steps: readonly CompletedStep[];
  /** Of one step: both threads, without the gradient. */
  readonly cpuSeconds: number;
  /** Bytes that left through the interface, per step. */
  readonly wireBytes: number;
  /** Largest resident memory of the process beyond what it was before the first step. */
  readonly memoryGrowthBytes: number;
}

/** So many tensors of equal size: each has its scaler. */
const TENSORS = 8;

/** @param megabytes of the float32 gradient, 10^6 bytes. */
export function tensorsOf(megabytes: number): TensorSpec[] {
  const size = Math.round((megabytes * 1e6) / Float32Array.BYTES_PER_ELEMENT / TENSORS);
  return Array.from({ length: TENSORS }, (_, index) => ({ name: `tensor-${index}`, shape: [size], size }));
}
