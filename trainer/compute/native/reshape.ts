import type { ReshapeAttrs, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';

/**
 * To the shape that the tensor has already, as the gradient of each bias is: the same tensor. TensorFlow's op, and the tensor for
 * its shape, take a tenth of a millisecond.
 */
export function reshape(
  input: InputTensors,
  attributes: ReshapeAttrs,
  { inputs, shipped }: KernelContext,
): Tensor {
  const x = input('x');
  return tf.util.arraysEqual(x.shape, attributes.shape) ? tf.clone(x) : shipped(inputs, attributes);
}
