import type { Tensor4D } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';

/**
 * Puts stride-1 zeros between neighbouring rows and columns:
 * [batch, height, width, channels] -> [batch, (height-1)*strideHeight + 1, (width-1)*strideWidth + 1, channels].
 */
export function insertZeros(images: Tensor4D, strideHeight: number, strideWidth: number): Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return images;
  const [batch, height, width, channels] = images.shape;
  const columns = tf.pad(images.reshape([batch * height * width, 1, channels]), [
    [0, 0],
    [0, strideWidth - 1],
    [0, 0],
  ]);
  const rows = tf.pad(columns.reshape([batch * height, 1, width * strideWidth * channels]), [
    [0, 0],
    [0, strideHeight - 1],
    [0, 0],
  ]);
  const spread = rows.reshape<typeof images>([batch, height * strideHeight, width * strideWidth, channels]);
  return tf.slice(
    spread,
    [0, 0, 0, 0],
    [batch, (height - 1) * strideHeight + 1, (width - 1) * strideWidth + 1, channels],
  );
}
