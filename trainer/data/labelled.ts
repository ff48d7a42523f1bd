import type { NpyArray } from './npy.ts';

/** Examples of a classification set as they lie in memory: one row of values and one label per example. */
export interface LabelledArrays {
  readonly count: number;
  /** Shape of one example, e.g. `[28, 28, 1]` (height, width, channels). */
  readonly shape: readonly number[];
  /** `count * product(shape)` values, example after example. Bytes are 0..255. */
  readonly values: Uint8Array | Float32Array;
  /** `count` class indices, 0..classes-1. */
  readonly labels: Uint8Array | Int32Array;
}

/** A named data set, read and checked. */
export interface LabelledDataset {
  readonly classes: number;
  readonly train: LabelledArrays;
  readonly test: LabelledArrays;
}

/** Opens the data set that the job names; handed to programs as `context.data`. */
export interface DataSource {
  /** `mnist`, `cifar10`, `synthetic`, or `program` where the program brings its own. */
  readonly name: string;
  /** The job's `data.path`, absolute; for programs that read their own files. */
  readonly directory?: string;
  /**
   * Reads the set and applies `trainLimit` and `testLimit`. Reads once, however often it is called.
   * @param preferredShape height, width, channels of `synthetic` examples (default 28, 28, 1); the first call decides.
   * @throws DataError when a file is missing or malformed, or the job names no data set.
   */
  open(preferredShape?: readonly [number, number, number]): Promise<LabelledDataset>;
  /**
   * Reads an array that `numpy.save` wrote; `file` is relative to `directory`.
   * @throws DataError when it is missing or malformed.
   */
  readNpy(file: string): Promise<NpyArray>;
}

/** Number of values in one example. */
export function exampleSize(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The first `limit` examples (all, when there is no limit or it is larger). Views, no copy. */
export function limitTo(arrays: LabelledArrays, limit: number | undefined): LabelledArrays {
  if (limit === undefined || limit >= arrays.count) return arrays;
  return {
    count: limit,
    shape: arrays.shape,
    values: arrays.values.subarray(0, limit * exampleSize(arrays.shape)),
    labels: arrays.labels.subarray(0, limit),
  };
}
