import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { TensorChecksums } from './tensor-checksums.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('each tensor has the CRC-32 of its own bytes', () => {
  const checksums = new TensorChecksums([9, 0, 1]);
  checksums.add(bytesOf('123456789a'));
  expect(checksums.values).toEqual([
    0xcbf4_3926, // the check value of CRC-32
    0, // of nothing
    0xe8b7_be43, // of "a"
  ]);
});

test('the pieces in which bytes come do not matter', () => {
  const lengths = fc.array(fc.nat(20), { minLength: 1, maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(lengths, cuts, (tensors, pieces) => {
      const total = tensors.reduce((sum, length) => sum + length, 0);
      const bytes = Uint8Array.from({ length: total }, (_, i) => (i * 37) & 0xff);
      const whole = new TensorChecksums(tensors);
      whole.add(bytes);
      const cut = new TensorChecksums(tensors);
      for (let at = 0, piece = 0; at < total; piece++) {
        const length = pieces[piece % pieces.length]!;
        cut.add(bytes.subarray(at, at + length));
        at += length;
      }
      expect(cut.values).toEqual(whole.values);
    }),
  );
});

test('more bytes than all tensors have are refused', () => {
  expect(() => new TensorChecksums([2]).add(new Uint8Array(3))).toThrow(RangeError);
});
