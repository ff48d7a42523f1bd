import type * as tfc from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { TensorFlow } from '../compute/tensorflow.ts';

/** Constants of TensorFlow's CIFAR-10 tutorial, which TernGrad's experiments took over. */
const RADIUS = 4;
const BIAS = 1;
const ALPHA = 0.001 / 9;
const BETA = 0.75;

/**
 * Local response normalization (Krizhevsky et al., NIPS 2012, section 3.3) as a layer: each value is divided by
 * (1 + alpha * sum of squares over the 9 channels around it)^0.75. No weights. An example of a layer of one's own:
 * its class is made from the `tf` that is handed in.
 */
export function localResponseNormalization(tf: TensorFlow, config: { name: string }): tfl.layers.Layer {
  class LocalResponseNormalization extends tf.layers.Layer {
    static readonly className = 'LocalResponseNormalization';

    override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape | tfl.Shape[] {
      return inputShape;
    }

    override call(inputs: tfc.Tensor | tfc.Tensor[]): tfc.Tensor {
      const images = (Array.isArray(inputs) ? inputs[0] : inputs) as tfc.Tensor4D;
      return tf.tidy(() => tf.localResponseNormalization(images, RADIUS, BIAS, ALPHA, BETA));
    }
  }
  return new LocalResponseNormalization(config);
}
