import type { AvgPoolGradAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from './own-kernel.ts';
import { tensorflow as tf } from './tensorflow.ts';

/** One axis of a pooling: how many windows, how far apart, how long, how much padding before the image's `size`. */
interface PooledAxis {
  readonly windows: number;
  readonly stride: number;
  readonly length: number;
  readonly before: number;
  readonly size: number;
}

/**
 * The gradient of average pooling for the wasm and cpu backends. Their forward pass divides by the number of pixels
 * that lie inside the image, their gradient always by the whole window, so with padding it is too small at the borders.
 * Here dy is scaled up first by what the division misses.
 *
 *     input [batch, inHeight, inWidth, channels], dy [batch, outHeight, outWidth, channels]
 */
export function averagePoolGrad(
  input: InputTensors,
  attributes: AvgPoolGradAttrs,
  context: KernelContext,
): Tensor {
  const { filterSize, strides, pad } = attributes;
  const pool = tf.backend_util.computePool2DInfo(input<Rank.R4>('input').shape, filterSize, strides, 1, pad);
  return withRescaledGradient(input('dy'), attributes, context, [
    axis(pool.outHeight, pool.strideHeight, pool.filterHeight, pool.padInfo.top, pool.inHeight),
    axis(pool.outWidth, pool.strideWidth, pool.filterWidth, pool.padInfo.left, pool.inWidth),
  ]);
}

/** The same in three dimensions: input [batch, inDepth, inHeight, inWidth, channels]. */
export function averagePool3dGrad(
  input: InputTensors,
  attributes: AvgPoolGradAttrs & { filterSize: number; strides: number; pad: 'valid' | 'same' | number },
  context: KernelContext,
): Tensor {
  const { filterSize, strides, pad } = attributes;
  const pool = tf.backend_util.computePool3DInfo(input<Rank.R5>('input').shape, filterSize, strides, 1, pad);
  return withRescaledGradient(input('dy'), attributes, context, [
    axis(pool.outDepth, pool.strideDepth, pool.filterDepth, pool.padInfo.front, pool.inDepth),
    axis(pool.outHeight, pool.strideHeight, pool.filterHeight, pool.padInfo.top, pool.inHeight),
    axis(pool.outWidth, pool.strideWidth, pool.filterWidth, pool.padInfo.left, pool.inWidth),
  ]);
}

function axis(windows: number, stride: number, length: number, before: number, size: number): PooledAxis {
  return { windows, stride, length, before, size };
}

function withRescaledGradient(
  dy: Tensor,
  attributes: object,
  { inputs, shipped }: KernelContext,
  axes: readonly PooledAxis[],
): Tensor {
  let scaled = dy;
  for (const [index, pooled] of axes.entries()) {
    const shares = missingShares(pooled);
    if (shares.every((share) => share === 1)) continue;
    const shape = axes.map((_, other) => (other === index ? shares.length : 1));
    scaled = tf.mul(scaled, tf.tensor(shares, [...shape, 1]));
  }
  return shipped({ ...inputs, dy: scaled }, attributes);
}

/** Per window: its length divided by how much of it lies inside the image. */
function missingShares({ windows, stride, length, before, size }: PooledAxis): number[] {
  return Array.from({ length: windows }, (_, index) => {
    const start = index * stride - before;
    return length / (Math.min(size, start + length) - Math.max(0, start));
  });
}
