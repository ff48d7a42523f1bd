import type { Conv2DBackpropFilterAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { convolutionWindow } from './convolution-window.ts';
import { padImages } from './convolve.ts';
import { addressOf, allocateFloats } from './heap.ts';
import { trainingKernels } from './training-kernels.ts';

/**
 * The gradient of a convolution with respect to its filter, which the wasm backend lacks.
 *
 *     x [batch, inHeight, inWidth, inChannels], dy [batch, outHeight, outWidth, outChannels]
 *     -> [filterHeight, filterWidth, inChannels, outChannels]
 */
export function conv2dBackpropFilter(
  input: InputTensors,
  attributes: Conv2DBackpropFilterAttrs,
  { backend }: KernelContext,
): Tensor {
  const [x, dy] = [input<Rank.R4>('x'), input<Rank.R4>('dy')];
  const window = convolutionWindow('Conv2DBackpropFilter', x.shape, { ...attributes, dilations: 1 });
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = window;
  const { top, bottom, left, right } = window.padInfo;
  const run = filterWidth * inChannels;
  const [rows, columns] = [toMultipleOf4(run), toMultipleOf4(outChannels)];

  // Surplus rows read beyond the last window: one more row of pixels keeps that inside the tensor.
  const padded = padImages(x, [top, rows === run ? bottom : bottom + 1], [left, right]);
  const wide = columns === outChannels ? dy : tf.pad(dy, [...noPadding, [0, columns - outChannels]]);
  const sums = allocateFloats(backend, [filterHeight, rows, columns]);
  const [, height, width] = padded.shape;
  trainingKernels().filterGradient(
    addressOf(backend, padded),
    addressOf(backend, wide),
    addressOf(backend, sums),
    batchSize,
    height,
    width * inChannels,
    outHeight,
    outWidth,
    filterHeight,
    rows,
    columns,
    window.strideHeight,
    window.strideWidth * inChannels,
  );
  return tf.slice(sums, [0, 0, 0], [filterHeight, run, outChannels]).reshape(attributes.filterShape);
}

const noPadding: [number, number][] = [
  [0, 0],
  [0, 0],
  [0, 0],
];

function toMultipleOf4(size: number): number {
  return 4 * Math.ceil(size / 4);
}
