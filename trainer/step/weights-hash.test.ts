import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { FlatLayout } from '../ternary/layout.ts';
import { weightsHash } from './weights-hash.ts';

/** Two tensors, [1, 2] and [3], wherever they lie. */
function layoutAt(first: number, second: number, values: number): FlatLayout {
  return {
    values,
    parameterCount: 3,
    ternaryValues: 0,
    slots: [
      { index: 0, name: 'kernel', shape: [2], size: 2, offset: first, exempt: false },
      { index: 1, name: 'bias', shape: [1], size: 1, offset: second, exempt: true },
    ],
  };
}

const expected = createHash('sha256')
  .update(Buffer.from([0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64])) // 1, 2, 3 as float32 little endian
  .digest('hex');

test('the hash is over the float32 bytes of the tensors in model order', () => {
  expect(weightsHash(layoutAt(0, 80, 160), flat(160, { 0: 1, 1: 2, 80: 3 }))).toBe(expected);
});

test('the place of a tensor in the flat vector and the padding do not matter', () => {
  expect(weightsHash(layoutAt(80, 0, 160), flat(160, { 80: 1, 81: 2, 0: 3, 159: 7 }))).toBe(expected);
});

test('weights may lie in shared memory', () => {
  const shared = new Float32Array(new SharedArrayBuffer(640));
  shared.set(flat(160, { 0: 1, 1: 2, 80: 3 }));
  expect(weightsHash(layoutAt(0, 80, 160), shared)).toBe(expected);
});

function flat(values: number, at: Record<number, number>): Float32Array {
  const vector = new Float32Array(values);
  for (const [index, value] of Object.entries(at)) vector[Number(index)] = value;
  return vector;
}
