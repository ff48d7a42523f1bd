import type { DepthwiseConv2dNativeBackpropFilterAttrs, Tensor } from '@tensorflow/tfjs-core';
import { convolutionWindow } from './convolution-window.ts';
import { forEachTap } from './depthwise-loops.ts';
import { allocateFloats, heapFloats } from './heap.ts';
import type { InputTensors, KernelContext } from '../own-kernel.ts';

/**
 * The gradient of a depthwise convolution with respect to its filter, which the wasm backend lacks.
 *
 *     x [batch, inHeight, inWidth, inChannels], dy [batch, outHeight, outWidth, inChannels*multiplier]
 *     -> [filterHeight, filterWidth, inChannels, multiplier]
 */
export function depthwiseBackpropFilter(
  input: InputTensors,
  attributes: DepthwiseConv2dNativeBackpropFilterAttrs,
  { backend }: KernelContext,
): Tensor {
  const [x, dy] = [input('x'), input('dy')];
  const window = convolutionWindow('DepthwiseConv2dNativeBackpropFilter', x.shape, attributes, true);
  const gradient = allocateFloats(backend, attributes.filterShape);
  const [images, outputs] = [heapFloats(backend, x), heapFloats(backend, dy)];
  const sums = heapFloats(backend, gradient).fill(0);
  const { inChannels } = window;
  const multiplier = attributes.filterShape[3];
  forEachTap(window, (from, tap, out) => {
    for (let channel = 0, i = 0; channel < inChannels; channel++) {
      const value = images[from + channel]!;
      for (let m = 0; m < multiplier; m++, i++) sums[tap + i]! += value * outputs[out + i]!;
    }
  });
  return gradient;
}
