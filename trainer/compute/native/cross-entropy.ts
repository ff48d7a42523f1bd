import type { Tensor } from '@tensorflow/tfjs-core';
import { CROSS_ENTROPY } from '../classification.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { inputTensor, kernelTensor, kernelTensors, nativeBackend } from '../tfjs-internals.ts';
import type { NativeBackend } from '../tfjs-internals.ts';

/**
 * Softmax cross-entropy with class indices as two TensorFlow ops on the native backend, the first of which finds losses and their
 * gradient at once, and two for the gradient. Composed of tfjs's ops it takes some thirty, each of which costs more to call than
 * to compute.
 */
export function registerCrossEntropy(): void {
  tf.registerKernel({
    kernelName: CROSS_ENTROPY,
    backendName: 'tensorflow',
    kernelFunc({ inputs }) {
      const backend = nativeBackend(tf.backend());
      const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = backend.binding;
      const [losses, slopes] = kernelTensors(
        backend.executeMultipleOutputs(
          'SparseSoftmaxCrossEntropyWithLogits',
          [
            { name: 'T', type, value: TF_FLOAT },
            { name: 'Tlabels', type, value: TF_INT32 },
          ],
          [inputTensor(inputs, 'logits'), inputTensor(inputs, 'labels')],
          2,
        ),
      );
      if (losses === undefined || slopes === undefined) throw new TypeError('the op has two results');
      const loss = mean(backend, losses);
      losses.dispose();
      return [loss, slopes];
    },
  });
  tf.registerGradient({
    kernelName: CROSS_ENTROPY,
    outputsToSave: [false, true],
    gradFunc(dy, [slopes]) {
      const [dyLoss] = dy as Tensor[];
      if (slopes === undefined || dyLoss === undefined) {
        throw new TypeError(`${CROSS_ENTROPY} was recorded without its results`);
      }
      const [examples = 1] = slopes.shape;
      return { logits: () => tf.mul(slopes, tf.div(dyLoss, examples)) };
    },
  });
}

/** `[n]` -> `[]`. tfjs's casts to float32 before, also what is float32. */
function mean(backend: NativeBackend, values: Tensor): Tensor {
  const attributes = backend.createReductionOpAttrs(values);
  return tf.tidy(() =>
    kernelTensor(backend.executeSingleOutput('Mean', attributes, [values, tf.tensor1d([0], 'int32')])),
  );
}
