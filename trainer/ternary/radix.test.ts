import { describe, expect, test } from '@jest/globals';
import {
  BASE3,
  MAX_SUM_MEMBERS,
  packedBytes,
  sumRadix,
  TooManyMembersError,
  TWO_BIT,
  type Radix,
} from './radix.ts';

const allSums = Array.from({ length: MAX_SUM_MEMBERS }, (_, index) => sumRadix(index + 1));

/** Packed values for which the multiplication is not the division; none are expected. */
function wrongQuotients({ radix, digits, multiplier, shift }: Radix): number[] {
  const wrong: number[] = [];
  for (let packed = 0; packed < radix ** digits; packed++) {
    const quotient = Math.floor((packed * multiplier) / 2 ** shift);
    if (quotient !== Math.floor(packed / radix)) wrong.push(packed);
  }
  return wrong;
}

describe('dividing by multiplying', () => {
  test('is exact for every packed value of every radix', () => {
    expect([BASE3, TWO_BIT, ...allSums].flatMap(wrongQuotients)).toEqual([]);
  });

  test('fits the lanes the kernels multiply in', () => {
    for (const { radix, digits, laneBytes, multiplier } of [BASE3, TWO_BIT, ...allSums]) {
      expect(radix ** digits).toBeLessThanOrEqual(2 ** (8 * laneBytes));
      expect(multiplier).toBeLessThan(2 ** 16);
      expect(multiplier * (radix ** digits - 1)).toBeLessThan(2 ** (16 * laneBytes));
    }
  });

  test('base 3 and 2 bit have the constants that the kernels compile in', () => {
    expect(BASE3).toMatchObject({ radix: 3, digits: 5, multiplier: 171, shift: 9 });
    expect(TWO_BIT).toMatchObject({ radix: 4, digits: 4, multiplier: 256, shift: 10 });
  });
});

describe('the packing of sums', () => {
  test.each([
    [1, 5, 1],
    [2, 3, 1],
    [3, 5, 2],
    [4, 5, 2],
    [5, 2, 1],
    [7, 2, 1],
    [8, 3, 2],
    [19, 3, 2],
    [20, 1, 1],
    [127, 1, 1],
  ])('of %i members takes %i digits in %i bytes', (members, digits, laneBytes) => {
    expect(sumRadix(members)).toMatchObject({ radix: 2 * members + 1, digits, laneBytes });
  });

  test('never takes more than a byte per value, and never less than the entropy of a digit', () => {
    for (const { radix, digits, laneBytes } of allSums) {
      const bits = (8 * laneBytes) / digits;
      expect(bits).toBeLessThanOrEqual(8);
      expect(bits).toBeGreaterThanOrEqual(Math.log2(radix));
    }
  });

  test.each([0, 128, 1000])('of %i members is refused', (members) => {
    expect(() => sumRadix(members)).toThrow(TooManyMembersError);
  });

  test('a payload is whole groups of rows: the last group may be part empty', () => {
    expect(packedBytes(1, BASE3)).toBe(16);
    expect(packedBytes(4, TWO_BIT)).toBe(80);
    expect(packedBytes(1, TWO_BIT)).toBe(32);
    expect(packedBytes(3, sumRadix(4))).toBe(96);
  });
});
