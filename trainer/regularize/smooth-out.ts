import { createRandom, type Random } from '../data/random.ts';
import type { FlatLayout, TensorSlot } from '../ternary/layout.ts';
import { noiseFactor, type NoiseSchedule } from './noise-schedule.ts';

/** `smoothOut` of a job. */
export interface SmoothOutSettings {
  /**
   * a. For `uniform` the noise of each weight is uniform in [-a, a); for `adaptive` the L2 norm of a filter's noise is
   * a times the norm of the filter. 0 is off.
   */
  readonly strength: number;
  readonly kind: 'uniform' | 'adaptive';
  readonly schedule: NoiseSchedule;
}

/**
 * SmoothOut and AdaSmoothOut (Wen et al., arXiv 1805.07898): the gradient of a step is taken at weights moved by fresh
 * noise, and applied to the weights without it. On average that descends the loss smoothed over a neighbourhood,
 * where sharp minima vanish. Each worker draws its own noise, so a step averages as many perturbed copies as there are
 * workers, and nothing travels.
 *
 * Kernels (rank >= 2) are perturbed; biases and batch-norm weights never, as in the authors' code.
 */
export interface SmoothOut {
  /**
   * A copy of `weights` with this worker's noise for this step, valid until the next call. Take the gradient at the
   * copy and go on with `weights`, which is not touched: adding and subtracting floats would not restore it exactly,
   * and replicas would drift apart.
   */
  perturb(weights: Float32Array, at: NoisePosition): Float32Array;
}

export interface NoisePosition {
  /** 0-based. */
  readonly step: number;
  readonly totalSteps: number;
  readonly rank: number;
}

/** Undefined when the strength is 0: nothing to do in a step. */
export function createSmoothOut(
  settings: SmoothOutSettings,
  layout: FlatLayout,
  seed: number,
): SmoothOut | undefined {
  if (settings.strength === 0) return undefined;
  const addNoise = settings.kind === 'uniform' ? addUniformNoise : addFilterNoise;
  const kernels = layout.slots.filter(({ shape }) => shape.length >= 2);
  const perturbed = new Float32Array(layout.values);
  const noise = new Float32Array(kernels.reduce((most, { size }) => Math.max(most, size), 0));

  return {
    perturb(weights, { step, totalSteps, rank }) {
      const strength = settings.strength * noiseFactor(settings.schedule, step, totalSteps);
      perturbed.set(weights);
      for (const kernel of kernels) {
        const random = createRandom({ seed, step, rank, purpose: `smooth-out:${kernel.index}` });
        const values = perturbed.subarray(kernel.offset, kernel.offset + kernel.size);
        addNoise(values, kernel, strength, random, noise.subarray(0, kernel.size));
      }
      return perturbed;
    },
  };
}

type AddNoise = (
  values: Float32Array,
  kernel: TensorSlot,
  strength: number,
  random: Random,
  noise: Float32Array,
) => void;

const addUniformNoise: AddNoise = (values, _kernel, strength, random, noise) => {
  random.fillUniform(noise, -strength, strength);
  for (let i = 0; i < values.length; i++) values[i] = values[i]! + noise[i]!;
};

/**
 * A filter is all weights of one output channel. That is the last dimension of a tfjs kernel (`[height, width, inputs,
 * outputs]`, `[inputs, outputs]`), where the authors' PyTorch has it first; values of a filter lie `outputs` apart.
 */
const addFilterNoise: AddNoise = (values, { shape }, strength, random, noise) => {
  const outputs = shape.at(-1)!;
  random.fillUniform(noise, -1, 1);
  const weightSquares = new Float64Array(outputs);
  const noiseSquares = new Float64Array(outputs);
  for (let i = 0, filter = 0; i < values.length; i++, filter = filter + 1 === outputs ? 0 : filter + 1) {
    weightSquares[filter] = weightSquares[filter]! + values[i]! * values[i]!;
    noiseSquares[filter] = noiseSquares[filter]! + noise[i]! * noise[i]!;
  }
  const factors = weightSquares.map((squares, filter) =>
    noiseSquares[filter] === 0 ? 0 : strength * Math.sqrt(squares / noiseSquares[filter]!),
  );
  for (let i = 0, filter = 0; i < values.length; i++, filter = filter + 1 === outputs ? 0 : filter + 1) {
    values[i] = values[i]! + noise[i]! * factors[filter]!;
  }
};
