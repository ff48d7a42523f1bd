import type { Tensor } from '@tensorflow/tfjs-core';
import { CROSS_ENTROPY } from '../classification.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { inputTensor, nativeBackend } from '../tfjs-internals.ts';

/**
 * Softmax cross-entropy with class indices as one TensorFlow op on the native backend, which finds losses and their gradient at
 * once. Composed of tfjs's ops it takes some thirty, each of which costs more to call than to compute.
 */
export function registerCrossEntropy(): void {
  tf.registerKernel({
    kernelName: CROSS_ENTROPY,
    backendName: 'tensorflow',
    kernelFunc({ inputs }) {
      const backend = nativeBackend(tf.backend());
      const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = backend.binding;
      return backend.executeMultipleOutputs(
        'SparseSoftmaxCrossEntropyWithLogits',
        [
          { name: 'T', type, value: TF_FLOAT },
          { name: 'Tlabels', type, value: TF_INT32 },
        ],
        [inputTensor(inputs, 'logits'), inputTensor(inputs, 'labels')],
        2,
      );
    },
  });
  tf.registerGradient({
    kernelName: CROSS_ENTROPY,
    outputsToSave: [false, true],
    gradFunc(dy, [slopes]) {
      const [dyLosses] = dy as Tensor[];
      if (slopes === undefined || dyLosses === undefined) {
        throw new TypeError(`${CROSS_ENTROPY} was recorded without its results`);
      }
      return { logits: () => tf.mul(slopes, tf.expandDims(dyLosses, 1)) };
    },
  });
}
