import type { MaxPoolGradAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { addressOf, allocateFloats } from './heap.ts';
import { trainingKernels } from './training-kernels.ts';

/**
 * The gradient of max pooling: dy goes to the first maximum of each window. The shipped kernel starts its search at the
 * smallest positive float, so it is wrong wherever a window's maximum is not positive.
 *
 *     input, result [batch, inHeight, inWidth, channels], dy [batch, outHeight, outWidth, channels]
 */
export function maxPoolGrad(
  input: InputTensors,
  attributes: MaxPoolGradAttrs,
  { backend }: KernelContext,
): Tensor {
  const [x, dy] = [input<Rank.R4>('input'), input<Rank.R4>('dy')];
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  const window = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const dx = allocateFloats(backend, x.shape);
  trainingKernels().maxPoolGradient(
    addressOf(backend, x),
    addressOf(backend, dy),
    addressOf(backend, dx),
    window.batchSize,
    window.inHeight,
    window.inWidth,
    window.inChannels,
    window.outHeight,
    window.outWidth,
    window.filterHeight,
    window.filterWidth,
    window.strideHeight,
    window.strideWidth,
    window.padInfo.top,
    window.padInfo.left,
  );
  return dx;
}
