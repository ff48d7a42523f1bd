import type { Batch, Examples } from '../programs/program.ts';
import { DataError } from './data-error.ts';
import { exampleSize, type LabelledArrays } from './labelled.ts';

export interface ArrayExamplesOptions {
  /** Multiplied to every value. Default: 1/255 for bytes, 1 for floats. */
  readonly scale?: number;
}

/**
 * Arrays in memory as examples: a batch is `inputs` float32 `[n, ...shape]` and `targets` int32 `[n]`.
 * @throws DataError when the lengths of the arrays do not fit `count` and `shape`.
 */
export function arrayExamples(arrays: LabelledArrays, options: ArrayExamplesOptions = {}): Examples {
  const { count, shape, values, labels } = arrays;
  const size = exampleSize(shape);
  if (values.length !== count * size || labels.length !== count) {
    throw new DataError(
      `${count} examples of shape [${shape.join(', ')}] need ${count * size} values and ${count} labels, ` +
        `found ${values.length} and ${labels.length}`,
    );
  }
  const scale = options.scale ?? (values instanceof Uint8Array ? 1 / 255 : 1);
  return {
    count,
    batch(tf, indices): Batch {
      const inputs = new Float32Array(indices.length * size);
      const targets = new Int32Array(indices.length);
      for (let row = 0; row < indices.length; row++) {
        const from = indices[row]! * size;
        for (let i = 0; i < size; i++) inputs[row * size + i] = values[from + i]! * scale;
        targets[row] = labels[indices[row]!]!;
      }
      return {
        inputs: tf.tensor(inputs, [indices.length, ...shape]),
        targets: tf.tensor1d(targets, 'int32'),
      };
    },
  };
}
