import { describe, expect, test } from '@jest/globals';
import {
  bitsPerDigit,
  digitBytes,
  MAX_BYTE_SUM_MEMBERS,
  MAX_SUM_MEMBERS,
  sumPacking,
  TooManyMembersError,
} from './digit-packing.ts';
import { densestRadix } from './radix.ts';

const everyCount = Array.from({ length: MAX_SUM_MEMBERS }, (_, index) => index + 1);

describe('the packing of sums', () => {
  test.each([
    // Whole digits, where that is nearly as short.
    [1, 1.6, [[3, 0]]],
    [2, 8 / 3, [[5, 0]]],
    [4, 3.2, [[9, 0]]],
    [6, 4, [[13, 0]]],
    [127, 8, [[255, 0]]],
    // Quotients and the bits that are left.
    [
      3,
      3,
      [
        [4, 1],
        [2, 0],
      ],
    ],
    [
      5,
      3.6,
      [
        [3, 2],
        [4, 0],
      ],
    ],
    [
      9,
      4.6,
      [
        [3, 3],
        [4, 1],
        [2, 0],
      ],
    ],
    [
      20,
      5.6,
      [
        [3, 4],
        [16, 0],
      ],
    ],
    [
      128,
      8.2,
      [
        [9, 5],
        [16, 1],
        [2, 0],
      ],
    ],
    [
      255,
      9,
      [
        [256, 1],
        [2, 0],
      ],
    ],
  ])('of %i members takes %f bits: planes of [radix, shift] %j', (members, bits, planes) => {
    const packing = sumPacking(members);
    expect(packing.radix).toBe(2 * members + 1);
    expect(packing.planes.map(({ radix, shift }) => [radix.radix, shift])).toEqual(planes);
    expect(bitsPerDigit(packing)).toBeCloseTo(bits, 9);
  });

  test('is at most 15 % longer than log2(2N + 1) at 2 members, and 8.5 % anywhere else', () => {
    for (const members of everyCount) {
      const over = bitsPerDigit(sumPacking(members)) / Math.log2(2 * members + 1);
      expect(over).toBeGreaterThanOrEqual(1);
      expect(over).toBeLessThan(members === 2 ? 1.15 : 1.085);
    }
  });

  test('is never longer than whole digits in lanes', () => {
    for (const members of everyCount.slice(0, MAX_BYTE_SUM_MEMBERS)) {
      const { digits, laneBytes } = densestRadix(2 * members + 1);
      expect(bitsPerDigit(sumPacking(members))).toBeLessThanOrEqual((8 * laneBytes) / digits);
    }
  });

  test('has fields that join to every digit, and no bit twice', () => {
    const wrong: [members: number, digit: number][] = [];
    for (const members of everyCount) {
      const { radix, planes } = sumPacking(members);
      for (let digit = 0; digit < radix; digit++) {
        const fields = planes.map(({ shift, mask }) => (digit >> shift) & mask);
        const joined = fields.reduce((sum, field, i) => sum + field * 2 ** planes[i]!.shift, 0);
        const fit = fields.every((field, i) => field < planes[i]!.radix.radix);
        if (!fit || joined !== digit) wrong.push([members, digit]);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('needs 16-bit rows from 128 members on', () => {
    expect(everyCount.find((members) => sumPacking(members).rowBytes === 2)).toBe(MAX_BYTE_SUM_MEMBERS + 1);
  });

  test.each([0, 1.5, 256, 1000])('of %d members is refused', (members) => {
    expect(() => sumPacking(members)).toThrow(TooManyMembersError);
  });

  test('a payload is its planes, each of whole groups', () => {
    expect(digitBytes(3, sumPacking(4))).toBe(96);
    // 15 rows: 3 groups of 5 quotients, 4 of 4 two-bit fields.
    expect(digitBytes(3, sumPacking(5))).toBe(48 + 64);
  });
});
