import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DataError } from './data-error.ts';
import { readNpy } from './npy.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // 0x93 N U M P Y

interface Parts {
  readonly version?: readonly number[];
  readonly header: string;
  readonly data: Uint8Array;
}

/** Writes the format by hand; NumPy pads the header with spaces to a multiple of 64 and ends it with a line feed. */
function npy({ version = [1, 0], header, data }: Parts): { path: string; bytes: Uint8Array } {
  const lengthBytes = version[0] === 1 ? 2 : 4;
  const unpadded = MAGIC.length + 2 + lengthBytes + header.length + 1;
  const text = `${header}${' '.repeat((64 - (unpadded % 64)) % 64)}\n`;
  const length = new Uint8Array(lengthBytes);
  length[0] = text.length & 0xff;
  length[1] = text.length >> 8;
  return {
    path: '/data/x.npy',
    bytes: Uint8Array.from([...MAGIC, ...version, ...length, ...new TextEncoder().encode(text), ...data]),
  };
}

function dict(descr: string, shape: string, order = 'False'): string {
  return `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

describe('readNpy', () => {
  test.each([
    ['|u1', Uint8Array.of(0, 1, 255)],
    ['<f4', Float32Array.of(0.5, -1, 3e38)],
    ['<f8', Float64Array.of(0.1, -1, 1e300)],
    ['<i4', Int32Array.of(1, -2, 2 ** 31 - 1)],
  ])('reads %s', (descr, values) => {
    expect(readNpy(npy({ header: dict(descr, '3,'), data: bytesOf(values) }))).toEqual({
      shape: [3],
      values,
    });
  });

  test('narrows int64 to int32', () => {
    const data = bytesOf(BigInt64Array.of(1n, -2n, 2n ** 31n - 1n));
    expect(readNpy(npy({ header: dict('<i8', '3,'), data })).values).toEqual(
      Int32Array.of(1, -2, 2 ** 31 - 1),
    );
  });

  test.each([[[1, 0]], [[2, 0]], [[3, 0]]])('reads format version %p', (version) => {
    expect(readNpy(npy({ version, header: dict('|u1', '2, 2'), data: Uint8Array.of(1, 2, 3, 4) }))).toEqual({
      shape: [2, 2],
      values: Uint8Array.of(1, 2, 3, 4),
    });
  });

  test('reads a scalar and an empty array', () => {
    expect(readNpy(npy({ header: dict('|u1', ''), data: Uint8Array.of(7) })).shape).toEqual([]);
    expect(readNpy(npy({ header: dict('<f4', '0, 5'), data: new Uint8Array() })).shape).toEqual([0, 5]);
  });

  test('reads back any float32 array', () => {
    fc.assert(
      fc.property(fc.float32Array(), (values) => {
        const read = readNpy(npy({ header: dict('<f4', `${values.length},`), data: bytesOf(values) }));
        expect(bytesOf(read.values)).toEqual(bytesOf(values));
      }),
    );
  });

  const data = new Uint8Array(4);
  test.each<[string, { path: string; bytes: Uint8Array }, string]>([
    ['an empty file', { path: 'x', bytes: new Uint8Array() }, 'no NumPy magic at offset 0'],
    ['another format', { path: 'x', bytes: new Uint8Array(64) }, 'no NumPy magic at offset 0'],
    ['a later version', npy({ version: [4, 0], header: dict('|u1', '4,'), data }), 'version 4 at offset 6'],
    ['Fortran order', npy({ header: dict('|u1', '2, 2', 'True'), data }), 'numpy.ascontiguousarray'],
    ['big endian', npy({ header: dict('>f4', '1,'), data }), 'element type >f4'],
    ['float16', npy({ header: dict('<f2', '2,'), data }), 'element type <f2'],
    [
      'a header without shape',
      npy({ header: "{'descr': '|u1', 'fortran_order': False}", data }),
      "no usable 'shape'",
    ],
    ['a shape with a word', npy({ header: dict('|u1', 'four,'), data }), '"four" in the shape'],
    ['too few elements', npy({ header: dict('|u1', '5,'), data }), 'needs 5; the file is truncated'],
    ['too many elements', npy({ header: dict('|u1', '3,'), data }), 'needs 3; the file is too long'],
    [
      'a cut header',
      { path: 'x', bytes: Uint8Array.from([...MAGIC, 1, 0, 200, 0, 32]) },
      'header ends at offset 210',
    ],
    [
      'an int64 beyond int32',
      npy({ header: dict('<i8', '1,'), data: bytesOf(BigInt64Array.of(2n ** 31n)) }),
      'element 0 is 2147483648',
    ],
  ])('refuses %s', (_what, file, message) => {
    expect(() => readNpy(file)).toThrow(DataError);
    expect(() => readNpy(file)).toThrow(message);
  });
});
