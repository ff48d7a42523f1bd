import type { BatchMatMulAttrs, KernelConfig, Tensor } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';
import type { WasmKernel } from './wasm-kernel.ts';

/**
 * Matrix products with transposed operands, which every dense layer's gradient is made of. The shipped kernel is fast
 * (XNNPACK) only without transposition, some 15 times slower with it, so the operands are transposed first.
 */
export function batchMatMulOver(shipped: KernelConfig): WasmKernel<BatchMatMulAttrs> {
  return (input, { transposeA, transposeB }, backend) => {
    const [a, b] = [input('a'), input('b')];
    const plain = (left: Tensor, right: Tensor): Tensor => {
      const inputs = { a: left, b: right };
      const attrs = { transposeA: false, transposeB: false };
      const product = shipped.kernelFunc({ inputs, attrs, backend });
      if (Array.isArray(product)) throw new TypeError('BatchMatMul has one result');
      return tf.engine().makeTensorFromTensorInfo(product);
    };
    if (!transposeA && !transposeB) return plain(a, b);
    if (transposeA && transposeB) return swapped(plain(b, a));
    if (transposeA) return plain(swapped(a), b);
    // a * b^T = (b * a^T)^T: with few rows in a (a batch) against many in b (weights) much less is moved and packed.
    return rowsOf(a) < rowsOf(b) ? swapped(plain(b, swapped(a))) : plain(a, swapped(b));
  };
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
