import { describe, expect, test } from '@jest/globals';
import { DataError } from './data-error.ts';
import { readIdx } from './idx.ts';

/** Two images of 1 x 3 pixels. */
const images = [
  // magic: zero, zero, unsigned byte, three dimensions
  0x00, 0x00, 0x08, 0x03,
  // 2 images
  0x00, 0x00, 0x00, 0x02,
  // 1 row
  0x00, 0x00, 0x00, 0x01,
  // 3 columns
  0x00, 0x00, 0x00, 0x03,
  // pixels
  1, 2, 3, 253, 254, 255,
];

function file(bytes: readonly number[]): { path: string; bytes: Uint8Array } {
  return { path: '/data/images', bytes: Uint8Array.from(bytes) };
}

function replaced(offset: number, value: number): number[] {
  return images.with(offset, value);
}

describe('readIdx', () => {
  test('reads shape and values', () => {
    const { shape, values } = readIdx(file(images), 3);
    expect(shape).toEqual([2, 1, 3]);
    expect([...values]).toEqual([1, 2, 3, 253, 254, 255]);
  });

  test('reads bytes that begin anywhere in a larger buffer', () => {
    const bytes = Uint8Array.from([9, 9, 9, ...images]).subarray(3);
    expect(readIdx({ path: 'x', bytes }, 3).shape).toEqual([2, 1, 3]);
  });

  test.each([
    ['an empty file', [], '/data/images: 0 bytes, but an IDX header has 16'],
    ['a cut header', images.slice(0, 15), '15 bytes, but an IDX header has 16'],
    ['a cut body', images.slice(0, -1), 'says 2 x 1 x 3, so 22 bytes in all, but the file has 21'],
    ['bytes too many', [...images, 0], 'so 22 bytes in all, but the file has 23'],
    [
      'another element type',
      replaced(2, 0x0d),
      'magic number at offset 0 is 0x00000d03, expected 0x00000803',
    ],
    [
      'another number of dimensions',
      replaced(3, 1),
      'type 8, 1 dimensions found; type 8, 3 dimensions expected',
    ],
    ['a gzip file', [0x1f, 0x8b, ...images], 'magic number at offset 0 is 0x1f8b0000'],
    ['a length beyond the file', replaced(4, 0xff), 'but the file has 22'],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => readIdx(file(bytes), 3)).toThrow(DataError);
    expect(() => readIdx(file(bytes), 3)).toThrow(message);
  });
});
