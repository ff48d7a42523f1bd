import type { MaxPoolGradAttrs, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { kernelTensors, nativeBackend } from '../tfjs-internals.ts';

/**
 * The gradient of max pooling on TensorFlow's CPU device, as the place of each maximum and a sum by place. TensorFlow's
 * own MaxPoolGrad does the same in nearly twice the time; a LeNet step spends a sixth of itself in it. Both send dy to
 * the first maximum of a window.
 *
 *     input [batch, inHeight, inWidth, channels], dy [batch, outHeight, outWidth, channels]
 */
export function maxPoolGrad(
  input: InputTensors,
  attributes: MaxPoolGradAttrs,
  { inputs, shipped }: KernelContext,
): Tensor {
  const [x, dy] = [input('input'), input('dy')];
  const { filterSize, strides, pad } = attributes;
  if (pad !== 'same' && pad !== 'valid') return shipped(inputs, attributes);
  const backend = nativeBackend(tf.backend());
  const kinds = backend.binding;
  const [, places] = kernelTensors(
    backend.executeMultipleOutputs(
      'MaxPoolWithArgmax',
      [
        { name: 'T', type: kinds.TF_ATTR_TYPE, value: kinds.TF_FLOAT },
        { name: 'Targmax', type: kinds.TF_ATTR_TYPE, value: kinds.TF_INT32 },
        { name: 'ksize', type: kinds.TF_ATTR_INT, value: fourAxes(filterSize) },
        { name: 'strides', type: kinds.TF_ATTR_INT, value: fourAxes(strides) },
        { name: 'padding', type: kinds.TF_ATTR_STRING, value: pad.toUpperCase() },
        { name: 'include_batch_in_index', type: kinds.TF_ATTR_BOOL, value: true },
      ],
      [x],
      2,
    ),
  );
  if (places === undefined) throw new TypeError('MaxPoolWithArgmax has two results');
  const gradient = tf.unsortedSegmentSum(dy.flatten(), places.as1D(), x.size);
  return gradient.reshape(x.shape);
}

function fourAxes(size: [number, number] | number): number[] {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  return [1, height, width, 1];
}
