import type * as tfc from '@tensorflow/tfjs-core';
import type { TensorFlow } from './tensorflow.ts';

/**
 * Softmax cross-entropy, mean over the batch: the loss of a program that gives none.
 * @param logits `[examples, classes]`
 * @param labels class indices, int32 `[examples]`
 */
export function softmaxCrossEntropy(tf: TensorFlow, logits: tfc.Tensor, labels: tfc.Tensor): tfc.Scalar {
  const classes = logits.shape.at(-1) ?? 0;
  // Cast afterwards: the wasm backend's one-hot writes integers whatever type it is asked for.
  const wanted = tf.cast(tf.oneHot(labels as tfc.Tensor1D, classes), 'float32');
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), wanted), -1)));
}

/** How many examples have their largest logit at their label. */
export function countCorrect(tf: TensorFlow, logits: tfc.Tensor, labels: tfc.Tensor): tfc.Scalar {
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, -1), labels), 'float32'));
}
