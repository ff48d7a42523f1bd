import type { DepthwiseConv2dNativeBackpropInputAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import { convolutionWindow } from './convolution-window.ts';
import { forEachTap } from './depthwise-loops.ts';
import { allocateFloats, heapFloats } from './heap.ts';
import type { InputTensors, KernelContext } from '../own-kernel.ts';

/**
 * The gradient of a depthwise convolution with respect to its input, which the wasm backend lacks.
 *
 *     dy [batch, outHeight, outWidth, inChannels*multiplier], filter [height, width, inChannels, multiplier]
 *     -> [batch, inHeight, inWidth, inChannels]
 */
export function depthwiseBackpropInput(
  input: InputTensors,
  attributes: DepthwiseConv2dNativeBackpropInputAttrs,
  { backend }: KernelContext,
): Tensor {
  const [dy, filter] = [input('dy'), input<Rank.R4>('filter')];
  const { inputShape } = attributes;
  const window = convolutionWindow(
    'DepthwiseConv2dNativeBackpropInput',
    inputShape,
    { ...attributes, filterShape: filter.shape },
    true,
  );
  const gradient = allocateFloats(backend, inputShape);
  const [outputs, weights] = [heapFloats(backend, dy), heapFloats(backend, filter)];
  const sums = heapFloats(backend, gradient).fill(0);
  const { inChannels } = window;
  const multiplier = filter.shape[3];
  forEachTap(window, (to, tap, out) => {
    for (let channel = 0, i = 0; channel < inChannels; channel++) {
      let sum = 0;
      for (let m = 0; m < multiplier; m++, i++) sum += weights[tap + i]! * outputs[out + i]!;
      sums[to + channel]! += sum;
    }
  });
  return gradient;
}
