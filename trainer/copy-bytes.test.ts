import { expect, test } from '@jest/globals';
import { copyBytes } from './copy-bytes.ts';

test.each([0, 1, 7, 8, 1000])('%i bytes, between private and shared memory at any address', (length) => {
  const source = Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
  for (const skip of [0, 1, 5]) {
    const shared = new Uint8Array(new SharedArrayBuffer(length + skip + 1), skip, length);
    const back = new Uint8Array(new ArrayBuffer(length + 9), 3, length);
    copyBytes(shared, source);
    copyBytes(back, shared);
    expect(back).toEqual(source);
    expect(new Uint8Array(shared.buffer)[length + skip]).toBe(0);
  }
});

test('a place of another length is refused', () => {
  expect(() => copyBytes(new Uint8Array(4), new Uint8Array(2))).toThrow(RangeError);
});
