import type { Tensor } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';
import { wasmBackend } from '../tfjs-internals.ts';

/** A new float32 tensor with undefined values, to be filled through `heapFloats`. */
export function allocateFloats(backend: object, shape: number[]): Tensor {
  return tf.engine().makeTensorFromTensorInfo(wasmBackend(backend).makeOutput(shape, 'float32'));
}

/** The tensor's values in the heap. Stale after the next allocation (the heap may grow and move): take views last. */
export function heapFloats(backend: object, tensor: Tensor): Float32Array {
  const values = wasmBackend(backend).typedArrayFromHeap(tensor);
  if (tensor.dtype === 'float32') return new Float32Array(values.buffer, values.byteOffset, values.length);
  throw new TypeError(`expected a float32 tensor, got ${tensor.dtype}`);
}
