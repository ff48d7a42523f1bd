import type { BatchMatMulAttrs, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';

/**
 * Matrix products with transposed operands, which every dense layer's gradient is made of. The shipped kernel is fast
 * (XNNPACK) only without transposition, some 15 times slower with it, so the operands are transposed first.
 */
export function batchMatMul(
  input: InputTensors,
  { transposeA, transposeB }: BatchMatMulAttrs,
  { shipped }: KernelContext,
): Tensor {
  const [a, b] = [input('a'), input('b')];
  const product = (left: Tensor, right: Tensor): Tensor =>
    shipped({ a: left, b: right }, { transposeA: false, transposeB: false });
  if (!transposeA && !transposeB) return product(a, b);
  if (transposeA && transposeB) return swapped(product(b, a));
  if (transposeA) return product(swapped(a), b);
  // a * b^T = (b * a^T)^T: with few rows in a (a batch) against many in b (weights) much less is moved and packed.
  return rowsOf(a) < rowsOf(b) ? swapped(product(b, swapped(a))) : product(a, swapped(b));
}

/** The last two axes exchanged. */
function swapped(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const [last, beforeLast] = [axes.pop(), axes.pop()];
  if (last === undefined || beforeLast === undefined) throw new RangeError('a matrix has at least two axes');
  return tf.transpose(x, [...axes, last, beforeLast]);
}

function rowsOf(x: Tensor): number {
  return x.shape.at(-2) ?? 1;
}
