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

/** How a backend read a tensor into shared memory. */
export interface ReadInto {
  /** Whether it said that it had. */
  readonly done: boolean;
  /** What lay there afterwards: the tensor's values, what lay there before, or something else. */
  readonly found: 'values' | 'nothing' | 'mixture';
}

/**
 * Values read into shared memory: to the same place twice, where TensorFlow's alignment is not, and few. `undefined` for a
 * backend that leaves all of it to `dataSync`.
 */
export function readIntoSharedMemory({ tf, readInto }: Backend): ReadInto[] | undefined {
  if (readInto === undefined) return undefined;
  const many = 2 ** 17;
  const { buffer } = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
  const read = (begin: number, values: number): ReadInto => {
    const target = new Float32Array(buffer, begin * Float32Array.BYTES_PER_ELEMENT, values).fill(-1);
    const tensor = tf.tidy(() => tf.add(tf.range(0, values), begin).reshape([values / 8, 8]));
    const done = readInto(tensor, target);
    tensor.dispose();
    const isRight = [...target.keys()].every((i) => target[i] === i + begin);
    const isUntouched = target.every((value) => value === -1);
    return { done, found: isRight ? 'values' : isUntouched ? 'nothing' : 'mixture' };
  };
  return [read(160, many), read(160, many), read(161, many), read(320, 800)];
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
