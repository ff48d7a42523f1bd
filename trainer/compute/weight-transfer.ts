import type * as tfl from '@tensorflow/tfjs-layers';
import { copyFloats } from '../copy-bytes.ts';
import type { TensorSpec } from '../ternary/layout.ts';
import type { TensorFlow } from './tensorflow.ts';

/** Copies the values of a list of model weights to and from plain float32 vectors. */
export interface WeightTransfer {
  readonly specs: readonly TensorSpec[];
  /** @param offsets where each weight begins, in values. */
  exportTo(out: Float32Array, offsets: readonly number[]): void;
  importFrom(from: Float32Array, offsets: readonly number[]): void;
}

/** @param inPlace the model may read its weights in `from`, which stays as it is until the next import. */
export function createWeightTransfer(
  tf: TensorFlow,
  weights: readonly tfl.LayerVariable[],
  inPlace = false,
): WeightTransfer {
  const specs = describeWeights(weights);
  const valuesOf = inPlace ? (_: number, from: Float32Array) => from : privateValues(specs);
  return {
    specs,
    exportTo(out, offsets) {
      weights.forEach((weight, i) => out.set(weight.read().dataSync() as Float32Array, offsets[i]));
    },
    importFrom(from, offsets) {
      weights.forEach((weight, i) => {
        const { size, shape } = specs[i]!;
        const begin = offsets[i]!;
        const tensor = tf.tensor(valuesOf(i, from.subarray(begin, begin + size)), [...shape]);
        weight.write(tensor);
        tensor.dispose();
      });
    },
  };
}

/**
 * A tensor may alias the array it is made from for as long as it lives, and shared memory may change under it. So values are
 * copied into private arrays, two per weight in turn: when one is filled, the tensor over it was replaced an import ago.
 * Half the time of fresh arrays at the 90th percentile (no garbage).
 */
function privateValues(specs: readonly TensorSpec[]): (weight: number, from: Float32Array) => Float32Array {
  const buffers = specs.map(({ size }) => ({ next: new Float32Array(size), last: new Float32Array(size) }));
  return (weight, from) => {
    const pair = buffers[weight]!;
    [pair.next, pair.last] = [pair.last, pair.next];
    copyFloats(pair.next, 0, from);
    return pair.next;
  };
}

/**
 * Names are for people (`exempt.tensors`, logs): the layer's name and the weight's, made unique by a suffix.
 * tfjs's own unique names are numbered per process and mean nothing to another worker.
 */
function describeWeights(weights: readonly tfl.LayerVariable[]): TensorSpec[] {
  const taken = new Set<string>();
  return weights.map((weight) => {
    const shape = weight.shape.map((length) => length ?? 1);
    const name = uniqueName(weight.originalName, taken);
    taken.add(name);
    return { name, shape, size: shape.reduce((product, length) => product * length, 1) };
  });
}

function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let suffix = 1;
  while (taken.has(`${name}_${suffix}`)) suffix++;
  return `${name}_${suffix}`;
}
