import type { Conv2DBackpropFilterAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { convolutionWindow } from './convolution-window.ts';

/**
 * The gradient of a convolution with respect to its filter, which the wasm backend lacks. It is itself a convolution:
 * over x with batch and channels exchanged, with dy as the filter and the stride as its dilation.
 *
 *     x [batch, inHeight, inWidth, inChannels], dy [batch, outHeight, outWidth, outChannels]
 *     -> [filterHeight, filterWidth, inChannels, outChannels]
 */
export function conv2dBackpropFilter(input: InputTensors, attributes: Conv2DBackpropFilterAttrs): Tensor {
  const [x, dy] = [input<Rank.R4>('x'), input<Rank.R4>('dy')];
  const {
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    padInfo,
  } = convolutionWindow('Conv2DBackpropFilter', x.shape, { ...attributes, dilations: 1 });
  const rows = reach(inHeight, outHeight, filterHeight, strideHeight, padInfo.top);
  const columns = reach(inWidth, outWidth, filterWidth, strideWidth, padInfo.left);
  const seen = tf.slice(x, [0, 0, 0, 0], [-1, rows.used, columns.used, -1]);
  const padded = tf.pad(tf.transpose(seen, [3, 1, 2, 0]), [[0, 0], rows.padding, columns.padding, [0, 0]]);
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  const gradient = tf.conv2d(padded, filter, 1, 'valid', 'NHWC', [strideHeight, strideWidth]);
  return tf.transpose(gradient, [1, 2, 0, 3]);
}

/** How much of one axis of x the windows see, and the padding around that: exactly `filterSize` results remain. */
function reach(
  inSize: number,
  outSize: number,
  filterSize: number,
  stride: number,
  before: number,
): { used: number; padding: [number, number] } {
  const end = (outSize - 1) * stride + filterSize - before;
  return { used: Math.min(inSize, end), padding: [before, Math.max(0, end - inSize)] };
}
