import type { Tensor } from '@tensorflow/tfjs-core';
import type { TensorFlow } from '../backend.ts';

type Layer = InstanceType<TensorFlow['layers']['Layer']>;

/** Something differentiable: what is compared between backends is its result and the gradient of every argument. */
export interface GradientCase {
  readonly name: string;
  /** Arguments of `run`: each is filled with noise in [low, high). */
  readonly arguments: readonly {
    readonly shape: readonly number[];
    readonly low: number;
    readonly high: number;
  }[];
  run(tf: TensorFlow, ...args: Tensor[]): Tensor;
}

/** Shapes of the arguments; values are in [-1, 1). */
export function op(
  name: string,
  shapes: readonly (readonly number[])[],
  run: (tf: TensorFlow, ...args: Tensor[]) => Tensor,
  range: { low: number; high: number } = { low: -1, high: 1 },
): GradientCase {
  return { name, arguments: shapes.map((shape) => ({ shape, ...range })), run };
}

/** A layer of tf.layers with noise as its weights; compared by its result and its gradient in input and weights. */
export interface LayerCase {
  readonly name: string;
  readonly inputShape: readonly number[];
  /** Draws the input from the integers 0..below-1 (for embeddings) instead of noise in [-1, 1). */
  readonly integersBelow?: number;
  create(tf: TensorFlow): Layer;
}

/** Deterministic noise in [0, 1) that looks the same on every machine (splitmix-style integer mixing). */
export function noise(count: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let z = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    values[i] = ((z ^ (z >>> 15)) >>> 8) / 2 ** 24;
  }
  return values;
}
