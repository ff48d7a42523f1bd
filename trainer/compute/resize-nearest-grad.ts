import type { Rank, ResizeNearestNeighborGradAttrs, Tensor } from '@tensorflow/tfjs-core';
import type { InputTensors, KernelContext } from './own-kernel.ts';
import { tensorflow as tf } from './tensorflow.ts';

/**
 * The gradient of nearest-neighbour resizing (upsampling layers) for the cpu backend. The shipped kernel reads the wrong
 * image from the second of a batch on, so it is called for one image at a time.
 */
export function resizeNearestGrad(
  input: InputTensors,
  attributes: ResizeNearestNeighborGradAttrs,
  { shipped }: KernelContext,
): Tensor {
  const [images, dy] = [input<Rank.R4>('images'), input<Rank.R4>('dy')];
  const [imageOf, dyOf] = [tf.split(images, images.shape[0]), tf.split(dy, dy.shape[0])];
  return tf.concat(
    dyOf.map((each, index) => {
      const image = imageOf[index];
      return shipped({ images: image, dy: each }, attributes);
    }),
  );
}
