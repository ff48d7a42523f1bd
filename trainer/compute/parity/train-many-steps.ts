import type { TensorFlow } from '../backend.ts';
import { noise } from './gradient-case.ts';

export interface TensorUse {
  readonly tensors: number;
  readonly bytes: number;
}

/** Trains a small network of most layer types and returns the tensors in use after each step. */
export function trainManySteps(tf: TensorFlow, steps: number): TensorUse[] {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [6, 6, 1],
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.batchNormalization({}),
      tf.layers.separableConv2d({
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        activation: 'tanh',
      }),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.2 }),
      tf.layers.dense({ units: 5, activation: 'elu' }),
      tf.layers.dense({ units: 3 }),
    ],
  });
  const inputs = tf.tensor(noise(2 * 6 * 6, 1), [2, 6, 6, 1]);
  const targets = tf.oneHot([0, 2], 3);
  const optimizer = tf.train.sgd(0.01);
  const use: TensorUse[] = [];
  for (let step = 0; step < steps; step++) {
    optimizer.minimize(() => {
      const logits = model.apply(inputs, { training: true });
      if (!(logits instanceof tf.Tensor)) throw new TypeError('the model has one result');
      return tf.losses.softmaxCrossEntropy(targets, logits).asScalar();
    });
    const { numTensors, numBytes } = tf.memory();
    use.push({ tensors: numTensors, bytes: numBytes });
  }
  return use;
}
