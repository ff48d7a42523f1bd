import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BASE3, byteRadix, densestRadix, ROW_VALUES, TWO_BIT, type Radix } from '../radix.ts';
import { createTwins, type Twins } from './twins.ts';

const ROWS = 1024;
const PACKED = 16_384;
const UNPACKED = 32_768;

let twins: Twins;
beforeAll(async () => {
  twins = await createTwins(65_536);
});

const radices: [string, Radix][] = [
  ['base3', BASE3],
  ['2bit', TWO_BIT],
  ...[2, 3, 4, 5, 7, 9, 11, 13, 16, 17, 35, 39, 41, 129, 255, 256].flatMap((radix): [string, Radix][] => [
    [`radix ${radix}`, densestRadix(radix)],
    [`radix ${radix} in bytes`, byteRadix(radix)],
  ]),
];

function randomDigits(rowCount: number, radix: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length: rowCount * ROW_VALUES }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % radix;
  });
}

describe.each(radices)('%s', (_name, { radix, digits, laneBytes, multiplier, shift }) => {
  const pack = laneBytes === 1 ? 'packBytes' : 'packWords';
  const unpack = laneBytes === 1 ? 'unpackBytes' : 'unpackWords';
  const rowCounts = fc.integer({ min: 1, max: 60 });

  test('SIMD and reference pack and unpack alike, and unpacking is the inverse', () => {
    fc.assert(
      fc.property(rowCounts, fc.integer(), (rowCount, seed) => {
        const rows = randomDigits(rowCount, radix, seed);
        twins.write(ROWS, rows);
        twins.expectEqual((kernels) => kernels[pack](ROWS, rowCount, PACKED, digits, radix));
        twins.expectEqual((kernels) =>
          kernels[unpack](PACKED, rowCount, UNPACKED, digits, radix, multiplier, shift),
        );
        const back = new Uint8Array(twins.simd.memory.buffer, UNPACKED, rows.length);
        expect(Buffer.compare(back, rows)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe.each([
  ['base3', BASE3],
  ['2bit', TWO_BIT],
] as const)('adding %s', (_name, { radix, digits, multiplier, shift }) => {
  test('adds the digits to the rows and touches nothing behind them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer(), (rowCount, seed) => {
        const rows = randomDigits(rowCount, 3, seed);
        const sums = randomDigits(rowCount + 5, 200, seed + 1);
        twins.write(ROWS, rows);
        twins.write(UNPACKED, sums);
        twins.expectEqual((kernels) => kernels.packBytes(ROWS, rowCount, PACKED, digits, radix));
        twins.expectEqual((kernels) =>
          kernels.addBytes(PACKED, rowCount, UNPACKED, digits, radix, multiplier, shift),
        );
        const expected = sums.map((sum, i) => sum + (rows[i] ?? 0));
        const added = new Uint8Array(twins.simd.memory.buffer, UNPACKED, sums.length);
        expect(Buffer.compare(added, expected)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('packed bytes, by hand', () => {
  const rowsOf = (...digits: number[]): Uint8Array =>
    Uint8Array.from(digits.flatMap((digit) => Array<number>(ROW_VALUES).fill(digit)));

  test.each([
    // the first row is the most significant digit
    ['base3', BASE3, [2, 0, 1, 1, 2], [2 * 81 + 0 * 27 + 1 * 9 + 1 * 3 + 2]],
    ['base3 of zero codes', BASE3, [1, 1, 1, 1, 1], [121]],
    ['2bit, the last group part empty', TWO_BIT, [2, 0, 1, 1, 2], [0b10_00_01_01, 0b10_00_00_00]],
    ['radix 5', densestRadix(5), [4, 3, 2], [4 * 25 + 3 * 5 + 2]],
    // two-byte lanes, little endian: 8 * 9^4 + 7 * 9^3 + 6 * 9^2 + 5 * 9 + 4 = 58126 = 0xe30e
    ['radix 9', densestRadix(9), [8, 7, 6, 5, 4], [0x0e, 0xe3]],
    ['radix 41', densestRadix(41), [40, 7], [40, 7]],
    ['bits', densestRadix(2), [1, 0, 1, 1, 0, 0, 0, 1, 1], [0b1011_0001, 0b1000_0000]],
  ] as const)('%s', (_name, { digits, radix, laneBytes }, rows, lanes) => {
    const expected =
      laneBytes === 1 ? rowsOf(...lanes) : Uint8Array.from({ length: 32 }, (_, i) => lanes[i % 2]!);
    twins.write(ROWS, rowsOf(...rows));
    twins.expectEqual((kernels) =>
      kernels[laneBytes === 1 ? 'packBytes' : 'packWords'](ROWS, rows.length, PACKED, digits, radix),
    );
    expect(new Uint8Array(twins.simd.memory.buffer, PACKED, expected.length).slice()).toEqual(expected);
  });
});

describe('fields of digits', () => {
  const wordsOf = (rowCount: number, seed: number): Uint16Array =>
    new Uint16Array(randomDigits(4 * rowCount, 256, seed).buffer).subarray(0, rowCount * ROW_VALUES);
  const cases = fc.tuple(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 0, max: 8 }),
    fc.constantFrom(1, 3, 15, 255),
    fc.integer(),
  );

  test('takeFields and appendFields: SIMD equals reference', () => {
    fc.assert(
      fc.property(cases, ([rowCount, shift, mask, seed]) => {
        twins.write(ROWS, randomDigits(rowCount, 256, seed));
        twins.write(PACKED, randomDigits(rowCount, 256, seed + 1));
        const bits = shift % 8;
        twins.expectEqual((kernels) => kernels.takeFields(ROWS, rowCount, UNPACKED, bits, mask));
        twins.expectEqual((kernels) => kernels.appendFields(ROWS, rowCount, PACKED, bits));
      }),
    );
  });

  test('takeWordFields, appendWordFields and widenRows: SIMD equals reference', () => {
    fc.assert(
      fc.property(cases, ([rowCount, shift, mask, seed]) => {
        twins.write(ROWS, wordsOf(rowCount, seed));
        twins.write(PACKED, randomDigits(rowCount, 256, seed + 1));
        twins.expectEqual((kernels) => kernels.takeWordFields(ROWS, rowCount, UNPACKED, shift, mask));
        twins.expectEqual((kernels) => kernels.appendWordFields(ROWS, rowCount, PACKED, shift));
        twins.expectEqual((kernels) => kernels.widenRows(PACKED, rowCount, UNPACKED));
      }),
    );
  });

  test('by hand: 0b110_1011 is 0b11 above 0b01 above 0b011', () => {
    twins.write(ROWS, new Uint8Array(ROW_VALUES).fill(0b11_01_011));
    twins.expectEqual((kernels) => kernels.takeFields(ROWS, 1, UNPACKED, 3, 0b11));
    expect(new Uint8Array(twins.simd.memory.buffer, UNPACKED, 1)[0]).toBe(0b01);
    twins.write(ROWS, new Uint8Array(ROW_VALUES).fill(0b11));
    twins.expectEqual((kernels) => kernels.appendFields(ROWS, 1, UNPACKED, 2));
    expect(new Uint8Array(twins.simd.memory.buffer, ROWS, 1)[0]).toBe(0b1101);
  });
});

describe('rows to floats', () => {
  const bias = fc.integer({ min: 1, max: 127 });
  const factor = fc.float({ noNaN: true, noDefaultInfinity: true, min: 0, max: Math.fround(1e30) });

  test('wordsToFloats: SIMD equals reference', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), factor, fc.integer(), (blocks, f, seed) => {
        const digits = Uint16Array.from(
          randomDigits(blocks * 10, 256, seed).subarray(0, blocks * 80),
          (digit, i) => 2 * digit + (i % 2),
        );
        twins.write(ROWS, digits);
        twins.expectEqual((kernels) => kernels.wordsToFloats(ROWS, blocks, UNPACKED, 255, f));
      }),
    );
  });

  test.each(['rowsToFloats', 'addRowsToFloats'] as const)('%s: SIMD equals reference', (name) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), bias, factor, fc.integer(), (blocks, b, f, seed) => {
        twins.write(ROWS, randomDigits(blocks * 5, 2 * b + 1, seed));
        twins.write(
          UNPACKED,
          Float32Array.from({ length: blocks * 80 }, (_, i) => Math.sin(i + seed)),
        );
        twins.expectEqual((kernels) => kernels[name](ROWS, blocks, UNPACKED, b, f));
      }),
    );
  });
});

describe('limits', () => {
  const anyBytes = fc.uint8Array({ minLength: 0, maxLength: 70 });

  test('maxByte, hasThree and maxWord: SIMD equals reference at every length and place', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(15), (data, skip) => {
        twins.write(PACKED + skip, data);
        twins.expectEqual((kernels) => kernels.maxByte(PACKED + skip, data.length));
        twins.expectEqual((kernels) => kernels.hasThree(PACKED + skip, data.length));
        const even = PACKED + (skip & ~1);
        for (const mask of [0xffff, 0x7fff]) {
          twins.expectEqual((kernels) => kernels.maxWord(even, data.length >> 1, mask));
        }
      }),
    );
  });

  test('hasThree finds a single 3 in any of the four digits', () => {
    for (let at = 0; at < 37; at++) {
      for (let digit = 0; digit < 4; digit++) {
        const data = new Uint8Array(37).fill(0b10_01_10_00);
        data[at] = 0b11 << (2 * digit);
        twins.write(PACKED, data);
        expect(twins.simd.hasThree(PACKED, data.length)).toBe(1);
      }
    }
    twins.write(PACKED, new Uint8Array(37).fill(0b10_01_10_00));
    expect(twins.simd.hasThree(PACKED, 37)).toBe(0);
  });
});
