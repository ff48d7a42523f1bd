import type { Tensor } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';
import { wasmBackend } from '../tfjs-internals.ts';

/** A new float32 tensor with undefined values, to be filled through `heapFloats` or by a kernel at `addressOf`. */
export function allocateFloats(backend: object, shape: number[]): Tensor {
  return tf.engine().makeTensorFromTensorInfo(wasmBackend(backend).makeOutput(shape, 'float32'));
}

/** Where the tensor's values begin in the heap. Stays valid for as long as the tensor lives. */
export function addressOf(backend: object, tensor: Tensor): number {
  if (tensor.dtype !== 'float32') throw new TypeError(`expected a float32 tensor, got ${tensor.dtype}`);
  return wasmBackend(backend).dataIdMap.get(tensor.dataId).memoryOffset;
}

/** The tensor's values in the heap. Stale after the next allocation (the heap may grow and move): take views last. */
export function heapFloats(backend: object, tensor: Tensor): Float32Array {
  const address = addressOf(backend, tensor);
  return new Float32Array(wasmBackend(backend).wasm.asm.memory.buffer, address, tensor.size);
}
