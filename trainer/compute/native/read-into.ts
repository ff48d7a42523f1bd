import type { Tensor } from '@tensorflow/tfjs-core';
import { tensorflow as tf } from '../tensorflow.ts';
import { nativeBackend } from '../tfjs-internals.ts';

/** Below this, the copy that is saved takes less time than the two ops that save it. */
const LEAST_VALUES = 2 ** 17;

/** Tensors `[1, values]` over arrays that were read into, by memory and place there; `undefined` where that is not possible. */
const rowsOf = new WeakMap<ArrayBufferLike, Map<string, Tensor | undefined>>();
let firstRow: Tensor | undefined;

/**
 * Copies a tensor's values to `target` and returns true, or returns false and leaves it to `dataSync`, which gives them in fresh
 * memory that is set to 0, filled, copied and freed. Here TensorFlow itself writes them, by an op that updates
 * rows of a tensor in place, to a tensor that lies where `target` does (docs/decisions/021).
 */
export function readInto(tensor: Tensor, target: Float32Array): boolean {
  if (target.length < LEAST_VALUES || tensor.dtype !== 'float32') return false;
  const row = rowOver(target);
  if (row === undefined) return false;
  const backend = nativeBackend(tf.backend());
  const { TF_ATTR_TYPE: type, TF_FLOAT: value } = backend.binding;
  tf.tidy(() => {
    firstRow ??= tf.keep(tf.tensor1d([0], 'int32'));
    const values = tf.reshape(tensor, [1, target.length]);
    backend.executeSingleOutput('InplaceUpdate', [{ name: 'T', type, value }], [row, firstRow, values]);
  });
  return true;
}

/** Kept as long as the process lives, which reads into the same few places at every step. */
function rowOver(target: Float32Array): Tensor | undefined {
  const rows = rowsOf.get(target.buffer) ?? new Map<string, Tensor | undefined>();
  rowsOf.set(target.buffer, rows);
  const place = `${target.byteOffset}:${target.length}`;
  if (!rows.has(place)) rows.set(place, makeRow(target));
  return rows.get(place);
}

function makeRow(target: Float32Array): Tensor | undefined {
  const row = tf.keep(tf.tensor2d(target, [1, target.length]));
  if (liesWhere(row, target)) return row;
  row.dispose();
  return undefined;
}

/** TensorFlow copies an array that is not aligned as it wants it, and then a tensor does not see what is written to the array. */
function liesWhere(row: Tensor, target: Float32Array): boolean {
  const [before = 0] = target;
  const seenOf = (value: number): number | undefined => {
    target[0] = value;
    return tf.tidy(() => tf.slice(row, [0, 0], [1, 1]).dataSync()[0]);
  };
  // The first op takes the array, or its copy.
  seenOf(1);
  const sees = seenOf(2) === 2;
  target[0] = before;
  return sees;
}
