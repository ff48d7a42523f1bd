import { describe, expect, test } from '@jest/globals';
import { openBackend } from '../compute/backend.ts';
import { arrayExamples } from './array-examples.ts';
import { DataError } from './data-error.ts';

const { tf } = (await openBackend('cpu', { threads: 1 })).backend;

/** Three examples of 1 x 2 pixels. */
const bytes = {
  count: 3,
  shape: [1, 2],
  values: Uint8Array.of(0, 51, 102, 153, 204, 255),
  labels: Uint8Array.of(7, 8, 9),
};

describe('arrayExamples', () => {
  test('gathers by index, in the order asked for, repeats included', () => {
    const { inputs, targets } = arrayExamples(bytes).batch(tf, Uint32Array.of(2, 0, 2));
    expect(inputs.shape).toEqual([3, 1, 2]);
    expect([...inputs.dataSync()].map((value) => value.toFixed(1))).toEqual([
      '0.8',
      '1.0',
      '0.0',
      '0.2',
      '0.8',
      '1.0',
    ]);
    expect([targets.dtype, targets.shape, ...targets.dataSync()]).toEqual(['int32', [3], 9, 7, 9]);
  });

  test('leaves floats as they are unless told a scale', () => {
    const floats = { ...bytes, values: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const first = Int32Array.of(0);
    expect([...arrayExamples(floats).batch(tf, first).inputs.dataSync()]).toEqual([1, 2]);
    expect([...arrayExamples(floats, { scale: 10 }).batch(tf, first).inputs.dataSync()]).toEqual([10, 20]);
  });

  test.each([
    ['values', { ...bytes, values: new Uint8Array(5) }, 'need 6 values and 3 labels, found 5 and 3'],
    ['labels', { ...bytes, labels: new Uint8Array(2) }, 'need 6 values and 3 labels, found 6 and 2'],
  ])('refuses a wrong number of %s', (_what, arrays, message) => {
    expect(() => arrayExamples(arrays)).toThrow(DataError);
    expect(() => arrayExamples(arrays)).toThrow(message);
  });
});
