import type { Conv2DBackpropInputAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { convolutionWindow } from './convolution-window.ts';
import { convolve } from './convolve.ts';
import type { Padding } from './convolve.ts';
import { insertZeros } from './insert-zeros.ts';

/**
 * The gradient of a convolution with respect to its input (and the forward pass of a transposed convolution): a
 * convolution of dy, spread by the stride, with the turned filter. Over ten times as fast as the scalar loop that the
 * wasm backend ships.
 *
 *     dy [batch, outHeight, outWidth, outChannels], filter [height, width, inChannels, outChannels]
 *     -> [batch, inHeight, inWidth, inChannels]
 */
export function conv2dBackpropInput(
  input: InputTensors,
  attributes: Conv2DBackpropInputAttrs,
  context: KernelContext,
): Tensor {
  const [dy, filter] = [input<Rank.R4>('dy'), input<Rank.R4>('filter')];
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
  } = convolutionWindow('Conv2DBackpropInput', attributes.inputShape, {
    ...attributes,
    filterShape: filter.shape,
    dilations: 1,
  });
  const rows = padding(inHeight, outHeight, filterHeight, strideHeight, padInfo.top);
  const columns = padding(inWidth, outWidth, filterWidth, strideWidth, padInfo.left);
  const spread = insertZeros(dy, strideHeight, strideWidth);
  return convolve(spread, rows, columns, { tensor: filter, direction: 'backward' }, [1, 1], context);
}

/** How much to pad the spread dy before and after, so that the convolution has `inSize` results. */
function padding(
  inSize: number,
  outSize: number,
  filterSize: number,
  stride: number,
  before: number,
): Padding {
  const spreadSize = (outSize - 1) * stride + 1;
  const first = filterSize - 1 - before;
  const last = inSize + filterSize - 1 - first - spreadSize;
  if (first >= 0 && last >= 0) return [first, last];
  throw new RangeError(
    `Conv2DBackpropInput on wasm takes a padding smaller than the filter, got ${before} for size ${filterSize}`,
  );
}
