import { describe, expect, test } from '@jest/globals';
import { BASE3, bitsOf, byteRadix, densestRadix, packedBytes, TWO_BIT, type Radix } from './radix.ts';

const radices = Array.from({ length: 255 }, (_, index) => index + 2);
const all = [BASE3, TWO_BIT, ...radices.map(densestRadix), ...radices.map(byteRadix)];

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
    expect(all.flatMap(wrongQuotients)).toEqual([]);
  });

  test('fits the lanes the kernels multiply in', () => {
    for (const { radix, digits, laneBytes, multiplier } of all) {
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

describe('lanes', () => {
  test.each([
    [2, 8, 1],
    [3, 5, 1],
    [5, 3, 1],
    [7, 5, 2],
    [9, 5, 2],
    [13, 2, 1],
    [33, 3, 2],
    [41, 1, 1],
    [256, 1, 1],
  ])('of radix %i hold %i digits in %i bytes', (radix, digits, laneBytes) => {
    expect(densestRadix(radix)).toMatchObject({ radix, digits, laneBytes });
  });

  test('never take more than a byte per digit, and never less than its entropy', () => {
    for (const radix of radices.map(densestRadix)) {
      expect(bitsOf(radix)).toBeLessThanOrEqual(8);
      expect(bitsOf(radix)).toBeGreaterThanOrEqual(Math.log2(radix.radix));
    }
  });

  test('are whole groups of rows: the last group may be part empty', () => {
    expect(packedBytes(1, BASE3)).toBe(16);
    expect(packedBytes(4, TWO_BIT)).toBe(80);
    expect(packedBytes(1, TWO_BIT)).toBe(32);
    expect(packedBytes(3, densestRadix(9))).toBe(96);
  });
});
