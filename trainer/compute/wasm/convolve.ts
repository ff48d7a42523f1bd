import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { KernelContext } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { addressOf, allocateFloats } from './heap.ts';
import { trainingKernels } from './training-kernels.ts';

export type Padding = readonly [before: number, after: number];

/** A filter as it lies in memory, and how to read it. */
export interface FilterView {
  readonly tensor: Tensor4D;
  /**
   * `forward` reads [height, width, inChannels, outChannels] as it is. `backward` turns it by 180 degrees and exchanges
   * its channels: a convolution with that is the gradient of the forward one with respect to its input.
   */
  readonly direction: 'forward' | 'backward';
}

/**
 * Convolves channels-last images, padded as told.
 * @returns [batch, outHeight, outWidth, filter's outChannels (forward) or inChannels (backward)]
 */
export function convolve(
  images: Tensor4D,
  rows: Padding,
  columns: Padding,
  filter: FilterView,
  strides: readonly [height: number, width: number],
  { backend }: KernelContext,
): Tensor {
  const [filterHeight, filterWidth, inChannels, outChannels] = filter.tensor.shape;
  const forward = filter.direction === 'forward';
  const [depth, results] = forward ? [inChannels, outChannels] : [outChannels, inChannels];
  const kernels = trainingKernels();
  const taps = filterHeight * filterWidth;

  const padded = padImages(images, rows, columns);
  const [batch, height, width] = padded.shape;
  const outHeight = Math.floor((height - filterHeight) / strides[0]) + 1;
  const outWidth = Math.floor((width - filterWidth) / strides[1]) + 1;
  const packed = allocateFloats(backend, [taps * depth * 8 * Math.ceil(results / 8)]);
  const out = allocateFloats(backend, [batch, outHeight, outWidth, results]);

  const [depthStride, columnStride] = forward ? [outChannels, 1] : [1, outChannels];
  kernels.packFilter(
    addressOf(backend, filter.tensor),
    addressOf(backend, packed),
    taps,
    depth,
    results,
    depthStride,
    columnStride,
    !forward,
  );
  kernels.convolve(
    addressOf(backend, padded),
    addressOf(backend, packed),
    addressOf(backend, out),
    batch,
    height,
    width * depth,
    outHeight,
    outWidth,
    filterHeight,
    filterWidth * depth,
    results,
    strides[0],
    strides[1] * depth,
  );
  return out;
}

/** Zeros around the images; the images themselves where there is nothing to add. */
export function padImages(images: Tensor4D, rows: Padding, columns: Padding): Tensor4D {
  if ([...rows, ...columns].every((size) => size === 0)) return images;
  return tf.pad(images, [[0, 0], [...rows], [...columns], [0, 0]]);
}
