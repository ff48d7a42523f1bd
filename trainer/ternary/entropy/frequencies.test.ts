import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  FREQUENCY_TOTAL,
  frequenciesOf,
  modelBytes,
  readFrequencies,
  writeFrequencies,
} from './frequencies.ts';
import { symbolClasses } from './symbol-classes.ts';

const codes = symbolClasses({ radix: 3, digits: 5 });

function frequencies(counts: readonly number[], classes = codes): Uint16Array {
  const out = new Uint16Array(classes.sizes.length);
  frequenciesOf(counts, classes, out);
  return out;
}

function sum(of: Uint16Array, { sizes }: { readonly sizes: readonly number[] }): number {
  return sizes.reduce((total, size, index) => total + size * of[index]!, 0);
}

describe('frequencies from counts', () => {
  test('sum to 16384 over the symbols, and what occurs has one', () => {
    const alphabets = [
      codes,
      symbolClasses({ radix: 5, digits: 3 }),
      symbolClasses({ radix: 255, digits: 1 }),
    ];
    const count = fc.oneof(fc.constantFrom<number>(0, 1), fc.integer({ min: 1, max: 1_000_000 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...alphabets),
        fc.array(count, { minLength: 128, maxLength: 128 }),
        (classes, many) => {
          const counts: number[] = classes.sizes.map((_, index) => many[index]!);
          if (counts.every((n) => n < 1)) counts[0] = 1;
          const found = frequencies(counts, classes);
          expect(sum(found, classes)).toBe(FREQUENCY_TOTAL);
          expect(counts.every((n, index) => n === 0 || found[index]! > 0)).toBe(true);
        },
      ),
    );
  });

  test('are in proportion to the counts', () => {
    // Half of the symbols are zeros alone, half have one digit that is not zero: 8192 / 10 each.
    expect([...frequencies([500, 500, 0, 0, 0, 0])]).toEqual([8194, 819, 0, 0, 0, 0]);
    expect([...frequencies([7, 0, 0, 0, 0, 0])]).toEqual([16_384, 0, 0, 0, 0, 0]);
  });
});

describe('a model', () => {
  test('is the frequencies of class 1, 2, ... as uint16, little endian', () => {
    const model = new Uint8Array(modelBytes(codes));
    writeFrequencies(frequencies([500, 500, 0, 0, 0, 0]), codes.sizes.length, model);
    // 819 = 0x0333
    expect([...model]).toEqual([0x33, 0x03, 0, 0, 0, 0, 0, 0, 0, 0]);
    const read = new Uint16Array(codes.sizes.length);
    expect(readFrequencies(model, codes, read)).toBe(true);
    expect([...read]).toEqual([8194, 819, 0, 0, 0, 0]);
  });

  test('that leaves less than nothing to class 0 is refused', () => {
    const model = Uint8Array.of(0x67, 0x06, 0, 0, 0, 0, 0, 0, 0, 0); // 10 symbols of 1639
    expect(readFrequencies(model, codes, new Uint16Array(6))).toBe(false);
    expect(readFrequencies(new Uint8Array(10).fill(0xff), codes, new Uint16Array(6))).toBe(false);
  });
});
