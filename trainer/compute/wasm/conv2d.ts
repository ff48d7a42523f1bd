import type { Conv2DAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { convolutionWindow } from './convolution-window.ts';
import { convolve } from './convolve.ts';

/**
 * The forward convolution: two thirds of the shipped kernel's time. Also repairs it where padding is 'same' and the stride
 * is greater than the filter (there it returns zeros, see gapped-convolution.ts). Dilated ones stay with the shipped kernel.
 */
export function conv2d(input: InputTensors, attributes: Conv2DAttrs, context: KernelContext): Tensor {
  const [x, filter] = [input<Rank.R4>('x'), input<Rank.R4>('filter')];
  const window = convolutionWindow('Conv2D', x.shape, { ...attributes, filterShape: filter.shape });
  const { top, bottom, left, right } = window.padInfo;
  if (window.dilationHeight !== 1 || window.dilationWidth !== 1 || window.outHeight * window.outWidth === 0) {
    return context.shipped(context.inputs, attributes);
  }
  const strides = [window.strideHeight, window.strideWidth] as const;
  return convolve(
    x,
    [top, bottom],
    [left, right],
    { tensor: filter, direction: 'forward' },
    strides,
    context,
  );
}
