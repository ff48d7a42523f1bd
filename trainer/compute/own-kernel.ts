import type { NamedTensorInfoMap, Rank, Tensor } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from './tensorflow.ts';
import { attributesOf, inputTensor, kernelTensor } from './tfjs-internals.ts';

/** The kernel's inputs by name; the rank is the one tfjs guarantees for that kernel. */
export type InputTensors = <R extends Rank = Rank>(name: string) => Tensor<R>;

export interface KernelContext {
  readonly backend: object;
  /** Everything the kernel was called with, to be handed on. */
  readonly inputs: NamedTensorInfoMap;
  /** The kernel that was replaced. */
  readonly shipped: (inputs: NamedTensorInfoMap, attributes: object) => Tensor;
}

/**
 * An own kernel for one of tfjs's backends. Kernels are registered per backend, so the other backends and tfjs's gradient
 * functions stay as they are. A kernel may call tf ops: inside a kernel nothing is recorded for gradients.
 */
export type OwnKernel<Attributes> = (
  input: InputTensors,
  attributes: Attributes,
  context: KernelContext,
) => Tensor;

/** Registers a kernel, in place of the one that the backend ships if it ships one. */
export function replaceKernel<Attributes>(
  backendName: 'wasm' | 'cpu' | 'tensorflow',
  kernelName: string,
  kernel: OwnKernel<Attributes>,
): void {
  const shippedKernel = tf.getKernelsForBackend(backendName).find((each) => each.kernelName === kernelName);
  if (shippedKernel !== undefined) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc({ inputs, attrs, backend }) {
      const context: KernelContext = {
        backend,
        inputs,
        shipped(shippedInputs, attributes) {
          if (shippedKernel === undefined) throw new Error(`${backendName} ships no kernel ${kernelName}`);
          return kernelTensor(
            shippedKernel.kernelFunc({ inputs: shippedInputs, attrs: { ...attributes }, backend }),
          );
        },
      };
      return tf.tidy(() =>
        kernel((name) => inputTensor(inputs, name), attributesOf<Attributes>(attrs), context),
      );
    },
  });
}
