import type { GradientStatistics } from './statistics.ts';

/**
 * Scalers below this are sent as 0, and their tensors' codes are then all 0: the product of 24 random bits with a
 * smaller scaler would no longer be exact, and no such gradient moves a float32 weight.
 */
export const LEAST_SCALER = 2 ** -100;

/**
 * A worker's own scalers, by scaler unit (TernGrad, sections 3 and 3.2):
 *
 *     s = min(clip * sigma, max |g|)
 *
 * and s = max |g| when clip or sigma is 0. The minimum keeps s from exceeding max |g| on short-tailed tensors, where it
 * would only add noise.
 * @param clip in standard deviations; 0 is off.
 */
export function localScalers(
  statistics: Pick<GradientStatistics, 'maximum' | 'sigma'>,
  clip: number,
  out: Float32Array,
): Float32Array {
  for (let unit = 0; unit < out.length; unit++) {
    out[unit] = scalerOf(statistics.maximum[unit]!, statistics.sigma[unit]!, clip);
  }
  return out;
}

/** shared = max(shared, other), elementwise: the scaler that all workers ternarize with. */
export function shareScalers(shared: Float32Array, other: Float32Array): Float32Array {
  for (let unit = 0; unit < shared.length; unit++) {
    shared[unit] = Math.max(shared[unit]!, other[unit]!);
  }
  return shared;
}

function scalerOf(maximum: number, sigma: number, clip: number): number {
  const bound = clip * sigma;
  const scaler = bound > 0 ? Math.min(bound, maximum) : maximum;
  return scaler < LEAST_SCALER ? 0 : scaler;
}
