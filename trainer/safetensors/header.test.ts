import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeHeader, encodeHeader, LENGTH_BYTES, type Header } from './header.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

test('the bytes are those of the format: length, JSON, spaces up to a multiple of 64', () => {
  const header: Header = {
    metadata: new Map([['step', '7']]),
    tensors: [
      { name: 'w', shape: [2, 3] },
      { name: 'b', shape: [] },
    ],
  };
  const expected =
    '{"__metadata__":{"step":"7"},' +
    '"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},' + // 2 * 3 values of 4 bytes
    '"b":{"dtype":"F32","shape":[],"data_offsets":[24,28]}}'; // a scalar: 1 value
  const bytes = encodeHeader(header);
  expect(bytes.byteLength).toBe(192); // 8 + 137 characters, padded
  expect([...bytes.subarray(0, LENGTH_BYTES)]).toEqual([184, 0, 0, 0, 0, 0, 0, 0]); // 192 - 8
  expect(text(bytes.subarray(LENGTH_BYTES))).toBe(expected.padEnd(184));
  expect(decodeHeader(bytes.subarray(LENGTH_BYTES))).toEqual(header);
});

test('any header is read as it was written', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => one !== '__metadata__');
  const tensors = fc.uniqueArray(
    fc.record({ name, shape: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }) }),
    {
      selector: (tensor) => tensor.name,
    },
  );
  const metadata = fc
    .uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([key]) => key })
    .map((pairs) => new Map(pairs));
  fc.assert(
    fc.property(fc.record({ metadata, tensors }, { noNullPrototype: true }), (header) => {
      const decoded = decodeHeader(encodeHeader(header).subarray(LENGTH_BYTES));
      expect(decoded.tensors).toEqual(header.tensors);
      expect(new Map(decoded.metadata)).toEqual(header.metadata);
    }),
  );
});

describe('a header is refused', () => {
  const one = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  test.each<[string, unknown, RegExp]>([
    ['that is a list', [], /not a JSON object/],
    ['with metadata that is no object', { __metadata__: 'x' }, /__metadata__ is not a JSON object/],
    ['with metadata that is no string', { __metadata__: { a: 1 } }, /value of "a" is not a string/],
    ['with a tensor that is no object', { a: 1 }, /tensor a is not a JSON object/],
    ['with another type', { a: { ...one, dtype: 'BF16' } }, /tensor a has dtype "BF16"/],
    ['without a type', { a: { shape: [2], data_offsets: [0, 8] } }, /tensor a has dtype undefined/],
    ['with a negative length', { a: { ...one, shape: [-2] } }, /tensor a has shape \[-2\]/],
    ['with a length that is no integer', { a: { ...one, shape: [0.5] } }, /tensor a has shape \[0.5\]/],
    ['with one offset', { a: { ...one, data_offsets: [0] } }, /tensor a has data_offsets \[0\]/],
    [
      "with a size that is not the shape's",
      { a: { ...one, shape: [3] } },
      /has 8 bytes; shape \[3\] needs 12/,
    ],
    ['with a gap', { a: one, b: { ...one, data_offsets: [12, 20] } }, /b begins at 12, not at 8/],
    ['with an overlap', { a: one, b: { ...one, data_offsets: [4, 12] } }, /b begins at 4, not at 8/],
  ])('%s', (_, header, message) => {
    expect(() => decodeHeader(json(header))).toThrow(message);
  });

  test('that is not UTF-8', () => {
    expect(() => decodeHeader(Uint8Array.of(0x7b, 0xff, 0x7d))).toThrow(/encoded data was not valid/i);
  });

  test('that is not JSON', () => {
    expect(() => decodeHeader(new TextEncoder().encode('{'))).toThrow(/JSON/);
  });
});

test('a name like __proto__ is a name like any other', () => {
  const header: Header = {
    metadata: new Map([['__proto__', 'a']]),
    tensors: [{ name: '__proto__', shape: [1] }],
  };
  expect(decodeHeader(encodeHeader(header).subarray(LENGTH_BYTES))).toEqual(header);
});
