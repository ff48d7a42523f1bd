import type { backend_util as BackendUtil } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';

type Conv2DInfo = ReturnType<typeof BackendUtil.computeConv2DInfo>;

export interface ConvolutionAttributes {
  readonly filterShape: [number, number, number, number];
  readonly strides: [number, number] | number;
  /** Some layers pass null for 1. */
  readonly dilations: [number, number] | number | null;
  readonly pad: Parameters<typeof BackendUtil.computeConv2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

/** The sizes of a convolution over channels-last images. Refuses what the kernels of this folder do not compute. */
export function convolutionWindow(
  kernel: string,
  inShape: readonly number[],
  attributes: ConvolutionAttributes,
  depthwise = false,
): Conv2DInfo {
  const { filterShape, strides, dilations, pad, dimRoundingMode, dataFormat = 'NHWC' } = attributes;
  const [batch, height, width, channels] = inShape;
  if (batch === undefined || height === undefined || width === undefined || channels === undefined) {
    throw new RangeError(`${kernel} on wasm takes images of rank 4, got shape [${inShape.join(', ')}]`);
  }
  if (dataFormat !== 'NHWC') {
    throw new RangeError(`${kernel} on wasm takes channels-last images only; use dataFormat 'channelsLast'`);
  }
  const shape: [number, number, number, number] = [batch, height, width, channels];
  return tf.backend_util.computeConv2DInfo(
    shape,
    filterShape,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
}
