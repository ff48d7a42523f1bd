import type { FusedConv2DAttrs, Rank, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext, OwnKernel } from '../own-kernel.ts';
import { convolutionWindow } from './convolution-window.ts';

type Attributes = Pick<FusedConv2DAttrs, 'strides' | 'pad' | 'dilations' | 'dimRoundingMode' | 'dataFormat'>;

/**
 * The forward convolutions that stay with the shipped kernels, with padding 'same'. Where the stride leaves a gap between windows (stride greater than the
 * filter) the shipped kernels ask XNNPACK for a 'same' padding that it refuses, and return zeros. With the padding
 * spelled out the same kernels are right.
 */
export function gappedConvolution(depthwise: boolean): OwnKernel<Attributes> {
  return (input: InputTensors, attributes: Attributes, { inputs, shipped }: KernelContext): Tensor => {
    if (attributes.pad !== 'same') return shipped(inputs, attributes);
    const [x, filter] = [input<Rank.R4>('x'), input<Rank.R4>('filter')];
    const window = convolutionWindow(
      'Conv2D',
      x.shape,
      { ...attributes, filterShape: filter.shape },
      depthwise,
    );
    const gap =
      window.strideHeight > window.effectiveFilterHeight || window.strideWidth > window.effectiveFilterWidth;
    if (!gap) return shipped(inputs, attributes);
    const { top, bottom, left, right } = window.padInfo;
    return shipped(inputs, {
      ...attributes,
      pad: [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
    });
  };
}
