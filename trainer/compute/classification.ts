import type * as tfc from '@tensorflow/tfjs-core';
import type { TensorFlow } from './tensorflow.ts';

/**
 * A kernel that a backend may have: `logits` and int32 `labels` to the examples' mean loss `[]` and the gradient of each example's
 * loss by its logits `[examples, classes]`.
 */
export const CROSS_ENTROPY = 'SparseSoftmaxCrossEntropy';

/**
 * Softmax cross-entropy, mean over the batch: the loss of a program that gives none.
 * @param logits `[examples, classes]`
 * @param labels class indices, int32 `[examples]`, each below the number of classes. One that is not is an error on native and
 *   counts as no loss on the other backends.
 */
export function softmaxCrossEntropy(tf: TensorFlow, logits: tfc.Tensor, labels: tfc.Tensor): tfc.Scalar {
  const classes = logits.shape.at(-1) ?? 0;
  const isOneKernel = tf.getKernel(CROSS_ENTROPY, tf.getBackend()) !== undefined;
  if (isOneKernel && logits.rank === 2 && logits.dtype === 'float32') {
    // A cast to the type that a tensor has would be an op as well.
    const inputs = { logits, labels: labels.dtype === 'int32' ? labels : tf.cast(labels, 'int32') };
    const [loss] = tf.engine().runKernel<[tfc.Scalar, tfc.Tensor]>(CROSS_ENTROPY, inputs);
    return loss;
  }
  // Cast afterwards: the wasm backend's one-hot writes integers whatever type it is asked for.
  const wanted = tf.cast(tf.oneHot(labels as tfc.Tensor1D, classes), 'float32');
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), wanted), -1)));
}

/** How many examples have their largest logit at their label. */
export function countCorrect(tf: TensorFlow, logits: tfc.Tensor, labels: tfc.Tensor): tfc.Scalar {
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, -1), labels), 'float32'));
}
