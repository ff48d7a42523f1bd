import type { Conv2DBackpropFilterAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';
import { convolutionWindow } from './convolution-window.ts';
import { unfold } from './unfold.ts';
import type { Window2d } from './unfold.ts';
import { allocateFloats, heapFloats } from './heap.ts';
import type { InputTensors, KernelContext } from '../own-kernel.ts';

/** Unfolded values per matrix product: 8 MB. More costs memory, and runs slower once it leaves the caches. */
const TILE_VALUES = 2 ** 21;

/**
 * The gradient of a convolution with respect to its filter, which the wasm backend lacks: the unfolded images times dy,
 * in tiles of the batch.
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
  const { batchSize, outChannels, outHeight, outWidth } = window;
  const rows = window.filterHeight * window.filterWidth * window.inChannels;
  const pixels = outHeight * outWidth;
  const tile = Math.min(batchSize, Math.max(1, Math.floor(TILE_VALUES / (rows * pixels))));

  let gradient: Tensor = tf.zeros([rows, outChannels]);
  for (let first = 0; first < batchSize; first += tile) {
    const images = Math.min(tile, batchSize - first);
    const unfolded = unfoldImages(imagesOf(x, first, images), window, backend);
    const outputs = imagesOf(dy, first, images).reshape([images * pixels, outChannels]);
    const sum = tf.add(gradient, tf.matMul(unfolded, outputs));
    tf.dispose([gradient, unfolded, outputs]);
    gradient = sum;
  }
  return gradient.reshape(attributes.filterShape);
}

function imagesOf(x: Tensor, first: number, images: number): Tensor {
  return tf.slice(x, [first, 0, 0, 0], [images, -1, -1, -1]);
}

/** [images, inHeight, inWidth, inChannels] -> [filterHeight*filterWidth*inChannels, images*outHeight*outWidth] */
function unfoldImages(x: Tensor, window: Window2d, backend: object): Tensor {
  const images = x.shape[0] ?? 0;
  const planes = tf.transpose(x, [3, 0, 1, 2]);
  const unfolded = allocateFloats(backend, [
    window.filterHeight * window.filterWidth * window.inChannels,
    images * window.outHeight * window.outWidth,
  ]);
  unfold(heapFloats(backend, planes), images, window, heapFloats(backend, unfolded));
  planes.dispose();
  return unfolded;
}
