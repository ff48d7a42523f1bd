import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';
import { attributesOf, inputTensor, wasmBackend } from '../tfjs-internals.ts';

/** The kernel's inputs by name; the rank is the one tfjs guarantees for that kernel. */
export type InputTensors = <R extends Rank = Rank>(name: string) => Tensor<R>;

/**
 * An own kernel for tfjs's wasm backend. Kernels are registered for that backend alone, so the other backends and tfjs's
 * gradient functions stay as they are. A kernel may call tf ops (inside a kernel nothing is recorded for gradients) and
 * may read and write the backend's heap.
 */
export type WasmKernel<Attributes> = (
  input: InputTensors,
  attributes: Attributes,
  backend: BackendWasm,
) => Tensor;

/** Registers a kernel in place of the one that the backend ships, if it ships one. */
export function replaceKernel<Attributes>(kernelName: string, kernel: WasmKernel<Attributes>): void {
  const shipped = tf.getKernelsForBackend('wasm').some((each) => each.kernelName === kernelName);
  if (shipped) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) =>
      tf.tidy(() =>
        kernel((name) => inputTensor(inputs, name), attributesOf<Attributes>(attrs), wasmBackend(backend)),
      ),
  });
}

/** A new float32 tensor with undefined values, to be filled through `heapFloats`. */
export function allocateFloats(backend: BackendWasm, shape: number[]): Tensor {
  return tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, 'float32'));
}

/** The tensor's values in the heap. Stale after the next allocation (the heap may grow and move): take views last. */
export function heapFloats(backend: BackendWasm, tensor: Tensor): Float32Array {
  const values = backend.typedArrayFromHeap(tensor);
  if (tensor.dtype === 'float32' && values instanceof Float32Array) return values;
  throw new TypeError(`expected a float32 tensor, got ${tensor.dtype}`);
}
