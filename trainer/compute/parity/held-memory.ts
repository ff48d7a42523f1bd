import type { Variable } from '@tensorflow/tfjs-core';
import type { Backend } from '../backend.ts';
import { createWeightTransfer } from '../weight-transfer.ts';

/**
 * A model's weights after each of two imports, from shared memory that held others before: 1, 2, 3, ... and then their
 * negatives, from elsewhere.
 */
export function weightsFromSharedMemory({ tf, readsInPlace }: Backend): number[][] {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] });
  const { importFrom, exportTo } = createWeightTransfer(tf, model.trainableWeights, readsInPlace);
  const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const offsets = [0, 80];
  const [present, next] = [0, 640].map((at) => new Float32Array(buffer, at, 83)) as [
    Float32Array,
    Float32Array,
  ];
  const found: number[][] = [];
  const imported = (from: Float32Array): void => {
    importFrom(from, offsets);
    const weights = new Float32Array(83);
    exportTo(weights, offsets);
    found.push([...weights.subarray(0, 6), ...weights.subarray(80)]);
  };
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  present.set(values.slice(0, 6));
  present.set(values.slice(6), 80);
  imported(present);
  next.set(present.map((value) => -value));
  present.fill(0);
  imported(next);
  model.dispose();
  return found;
}

/** How many tensors are left of a pass in which nobody asks for the gradient of a pooling. */
export function tensorsLeftOfPass({ tf, endPass }: Backend): number {
  const weight: Variable = tf.variable(tf.ones([4, 1]));
  const images = tf.ones([1, 4, 4, 1]);
  const before = tf.memory().numTensors;
  const { value, grads } = tf.variableGrads(
    () => tf.matMul(tf.maxPool(images.as4D(1, 4, 4, 1), 2, 2, 'valid').reshape([1, 4]), weight).asScalar(),
    [weight],
  );
  tf.dispose([value, grads]);
  endPass?.();
  return tf.memory().numTensors - before;
}
