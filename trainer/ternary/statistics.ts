import type { ChunkPlan, ScalerUnit } from './chunks.ts';
import type { Kernels } from './kernels.ts';
import { BLOCK_VALUES, blocksOf, FLOAT_BYTES, type FlatLayout } from './layout.ts';
import { NonFiniteGradientError } from './non-finite-gradient-error.ts';

/** What one pass over a gradient tells. The arrays belong to the meter and are overwritten by its next call. */
export interface GradientStatistics {
  /** max |g| by scaler unit; exact. */
  readonly maximum: Float32Array;
  /** Population standard deviation about the mean, by scaler unit, over the values without padding. */
  readonly sigma: Float64Array;
  /** max |g| by tensor in model order, exempt ones too; exact. */
  readonly tensorMaximum: Float32Array;
}

export interface GradientMeter {
  /**
   * @param gradient the flat gradient's start; its padding must be 0.
   * @throws NonFiniteGradientError
   */
  measure(gradient: number): GradientStatistics;
}

/**
 * Below this share of the mean square, a variance is what the subtraction left of rounding errors (of float32 sums over
 * blocks, at most 11 * 2^-24 each): the values are taken as equal, and sigma is 0.
 */
const LEAST_RELATIVE_VARIANCE = 2 ** -18;

const INFINITY_BITS = 0x7f80_0000;

/** Squares of values beyond these bounds leave float32's range; they are measured again, scaled. */
const LARGE = 2 ** 60;
const SMALL = 2 ** -50;
const SCALE_OF_LARGE = 2 ** -100;
const SCALE_OF_SMALL = 2 ** 100;

type Range = Pick<ScalerUnit, 'tensor' | 'offset' | 'blocks'>;

/** @param scratch at least 32 bytes, 16-byte aligned. */
export function createGradientMeter(
  kernels: Kernels,
  layout: FlatLayout,
  plan: ChunkPlan,
  scratch: number,
): GradientMeter {
  const result = {
    maximum: new Float32Array(plan.units),
    sigma: new Float64Array(plan.units),
    tensorMaximum: new Float32Array(layout.slots.length),
  };
  const sums = new Float64Array(kernels.memory.buffer, scratch, 2);
  const largestSquare = new Float32Array(kernels.memory.buffer, scratch + 16, 1);
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const exempt = layout.slots.filter((slot) => slot.exempt);

  /** Leaves the sums of scaled values in memory; returns max |g| and the scale. */
  function measureRange(
    gradient: number,
    { tensor, offset, blocks }: Range,
  ): { largest: number; scale: number } {
    const at = gradient + offset * FLOAT_BYTES;
    kernels.measure(at, blocks, 1, scratch);
    // The root of a rounded square is the number itself where the square is a normal one.
    let largest = Math.sqrt(largestSquare[0]!);
    let scale = scaleOf(largest);
    if (scale !== 1 || !Number.isFinite(sums[1]!)) {
      bits[0] = kernels.maxAbsoluteBits(at, blocks * BLOCK_VALUES);
      if (bits[0] >= INFINITY_BITS) throw firstNonFinite(kernels, layout, gradient, tensor);
      largest = float[0]!;
      scale = scaleOf(largest);
    }
    result.tensorMaximum[tensor] = Math.max(result.tensorMaximum[tensor]!, largest);
    if (scale !== 1) kernels.measure(at, blocks, scale, scratch);
    return { largest, scale };
  }

  return {
    measure(gradient) {
      result.tensorMaximum.fill(0);
      for (const [unit, range] of plan.unitRanges.entries()) {
        const { largest, scale } = measureRange(gradient, range);
        result.maximum[unit] = largest;
        result.sigma[unit] = sigmaOf(sums[0]!, sums[1]!, range.values) / scale;
      }
      for (const { index, offset, size } of exempt) {
        measureRange(gradient, { tensor: index, offset, blocks: blocksOf(size) });
      }
      return result;
    },
  };
}

function scaleOf(largest: number): number {
  if (largest > LARGE) return SCALE_OF_LARGE;
  return largest < SMALL ? SCALE_OF_SMALL : 1;
}

/** Population standard deviation from sum and sum of squares. */
export function sigmaOf(sum: number, sumOfSquares: number, count: number): number {
  const mean = sum / count;
  const meanSquare = sumOfSquares / count;
  const variance = meanSquare - mean * mean;
  return variance > meanSquare * LEAST_RELATIVE_VARIANCE ? Math.sqrt(variance) : 0;
}

function firstNonFinite(
  kernels: Kernels,
  layout: FlatLayout,
  gradient: number,
  tensor: number,
): NonFiniteGradientError {
  const slot = layout.slots[tensor]!;
  const values = new Float32Array(kernels.memory.buffer, gradient + slot.offset * FLOAT_BYTES, slot.size);
  const index = values.findIndex((value) => !Number.isFinite(value));
  return new NonFiniteGradientError(slot.name, index, values[index]!);
}
