import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { replaceKernel } from '../own-kernel.ts';
import { tensorflow as tf } from '../tensorflow.ts';
import { kernelTensor, nativeBackend } from '../tfjs-internals.ts';

const KERNEL = 'ReluGrad';

/**
 * Makes the gradient of relu one TensorFlow op on the native backend. tfjs composes it of eight, with temporaries of
 * the activations' size: 8 of 68 ms of a LeNet step. Other backends keep tfjs's gradient.
 */
export function registerReluGradient(): void {
  replaceKernel('tensorflow', KERNEL, (input) => {
    const backend = nativeBackend(tf.backend());
    const { TF_ATTR_TYPE: type, TF_FLOAT: value } = backend.binding;
    return kernelTensor(
      backend.executeSingleOutput(KERNEL, [{ name: 'T', type, value }], [input('dy'), input('x')]),
    );
  });
  replaceGradient('Relu', (composed) => ({
    kernelName: 'Relu',
    inputsToSave: ['x'],
    gradFunc(dy, saved, attributes) {
      const [x] = saved;
      if (tf.getBackend() !== 'tensorflow' || x?.dtype !== 'float32' || Array.isArray(dy)) {
        return composed.gradFunc(dy, saved, attributes);
      }
      return { x: () => reluGrad(dy, x) };
    },
  }));
  // relu is piecewise linear: its gradient is linear in dy and flat in x.
  tf.registerGradient({
    kernelName: KERNEL,
    inputsToSave: ['x'],
    gradFunc(dy, [x]) {
      if (x === undefined || Array.isArray(dy))
        throw new TypeError(`${KERNEL} was recorded without its input`);
      return { dy: () => reluGrad(dy, x), x: () => tf.zerosLike(x) };
    },
  });
}

function reluGrad(dy: Tensor, x: Tensor): Tensor {
  return tf.engine().runKernel(KERNEL, { dy, x });
}

function replaceGradient(kernelName: string, replacement: (shipped: GradConfig) => GradConfig): void {
  const shipped = tf.getGradient(kernelName);
  tf.unregisterGradient(kernelName);
  tf.registerGradient(replacement(shipped));
}
