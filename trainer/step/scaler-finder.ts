import type { CompressionSpec } from '../../crds/compression.ts';
import type { Kernels } from '../ternary/kernels.ts';
import { localScalers } from '../ternary/scaler.ts';
import { NonFiniteGradientError } from '../ternary/non-finite-gradient-error.ts';
import { createGradientMeter, type GradientStatistics } from '../ternary/statistics.ts';
import type { TensorSlot } from '../ternary/layout.ts';
import type { StateVectors } from './state-vectors.ts';
import type { StepPlan } from './step-plan.ts';

/** One pass over the gradient in memory: checks that it can be sent, and finds this worker's scalers. */
export interface ScalerFinder {
  /**
   * @param out one scaler per unit.
   * @throws NonFiniteGradientError, ValueBeyondFloat16Error naming tensor and step.
   */
  find(step: number, out: Float32Array): void;
}

/** float16 cannot hold a value of this tensor's gradient. */
class ValueBeyondFloat16Error extends Error {
  readonly code = 'VALUE_BEYOND_FLOAT16';
  override readonly name = 'ValueBeyondFloat16Error';
}

const LARGEST_FLOAT16 = 65_504;

export function createScalerFinder(
  compression: CompressionSpec,
  kernels: Kernels,
  plan: StepPlan,
  vectors: Pick<StateVectors, 'present'>,
): ScalerFinder {
  const meter = createGradientMeter(kernels, plan.layout, plan.chunkPlan, plan.memory.computeScratch);

  function measure(step: number): GradientStatistics {
    try {
      return meter.measure(vectors.present.gradient);
    } catch (error) {
      throw error instanceof NonFiniteGradientError ? error.inStep(step) : error;
    }
  }

  // Before the barrier nobody knows what a step of an `auto` job will be sent as.
  const mayBeFloat16 = (step: number, slot: TensorSlot): boolean =>
    compression.codec === 'auto' || plan.codingAt(step, slot).push === 'float16';

  return {
    find(step, out) {
      const statistics = measure(step);
      localScalers(statistics, compression.clip, out);
      for (const slot of plan.layout.slots) {
        const largest = statistics.tensorMaximum[slot.index] as number;
        if (largest > LARGEST_FLOAT16 && mayBeFloat16(step, slot)) {
          throw new ValueBeyondFloat16Error(
            `the gradient of ${slot.name} reaches ${largest} in step ${step}, beyond float16's ${LARGEST_FLOAT16}; ` +
              `use float32 for it, or lower training.learningRate.initial if the loss is diverging`,
          );
        }
      }
    },
  };
}
