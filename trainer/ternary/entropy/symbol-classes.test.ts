import { describe, expect, test } from '@jest/globals';
import { MAX_CLASSES } from './coder-memory.ts';
import { symbolClasses } from './symbol-classes.ts';

describe('the classes of symbols', () => {
  test.each([
    // codes: 1 symbol of zeros, then by how many of five digits are not zero: C(5, k) * 2^k
    [3, 5, [1, 10, 40, 80, 80, 32]],
    // sums of 2: zeros; one +-1; two; three; one +-2; ...
    [5, 3, [1, 6, 12, 8, 6, 24, 24, 12, 24, 8]],
    // one sum of 8: 0, then both signs of 1..8
    [17, 1, [1, 2, 2, 2, 2, 2, 2, 2, 2]],
    // half a sum of 129: 0 .. 129, around 64
    [130, 1, [1, ...Array<number>(64).fill(2), 1]],
  ])('of radix %i, %i digits', (radix, digits, sizes) => {
    const classes = symbolClasses({ radix, digits });
    expect(classes.sizes).toEqual(sizes);
    expect(classes.symbols).toBe(radix ** digits);
  });

  test('two sums of 4 make 15 classes, a sum of 127 makes 128, half a sum of 255 the most', () => {
    expect(symbolClasses({ radix: 9, digits: 2 }).sizes).toHaveLength(15);
    expect(symbolClasses({ radix: 255, digits: 1 }).sizes).toHaveLength(128);
    expect(symbolClasses({ radix: 256, digits: 1 }).sizes).toHaveLength(MAX_CLASSES);
  });

  test('class 0 is the symbol of zeros; symbols that differ in sign and order share a class', () => {
    const { classOf } = symbolClasses({ radix: 3, digits: 5 });
    const symbolOf = (...codes: number[]): number => codes.reduce((packed, code) => packed * 3 + code + 1, 0);
    expect(classOf[symbolOf(0, 0, 0, 0, 0)]).toBe(0);
    expect(classOf[symbolOf(0, -1, 0, 1, 0)]).toBe(classOf[symbolOf(1, 0, 0, 0, 1)]);
    expect(classOf[symbolOf(0, -1, 0, 1, 0)]).not.toBe(classOf[symbolOf(1, 0, 1, 0, 1)]);
  });
});
