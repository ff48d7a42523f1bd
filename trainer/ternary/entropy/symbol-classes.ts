import type { Radix } from '../radix.ts';

/**
 * Symbols of the entropy coder are the bytes of a packing, several digits each. Symbols whose digits differ in sign and
 * order only are one class and share a frequency: gradients have no reason to prefer one of them, and a model takes some
 * bytes instead of some hundred.
 *
 * | digits of a symbol | symbols | classes                                       |
 * | ------------------ | ------- | --------------------------------------------- |
 * | 5 codes            | 243     | 6: how many are not zero                      |
 * | 3 sums of 2        | 125     | 10: how many are +-1, how many +-2            |
 * | 2 sums of 4        | 81      | 15                                            |
 * | 1 sum of N         | 2N + 1  | N + 1: its absolute value                     |
 * | half a sum of N    | N + 1   | N / 2 + 1, rounded up: about how far from 0   |
 */
export interface SymbolClasses {
  /** Symbols are 0 .. symbols - 1. */
  readonly symbols: number;
  /** Class of each byte; 0 for bytes that are no symbol. 256 of them. */
  readonly classOf: Uint8Array;
  /** Number of symbols by class. Class 0 is the symbol of zeros alone. */
  readonly sizes: readonly number[];
}

/** @param radix of one-byte lanes; its middle digit, the lower one of two, stands for zero. */
export function symbolClasses({ radix, digits }: Pick<Radix, 'radix' | 'digits'>): SymbolClasses {
  const symbols = radix ** digits;
  const keys = Array.from({ length: symbols }, (_, symbol) => keyOf(symbol, radix, digits));
  const distinct = [...new Set(keys)].sort((a, b) => a - b);
  const classOfKey = new Map(distinct.map((key, index) => [key, index]));
  const classOf = new Uint8Array(256);
  const sizes = distinct.map(() => 0);
  for (const [symbol, key] of keys.entries()) {
    const index = classOfKey.get(key)!;
    classOf[symbol] = index;
    sizes[index]!++;
  }
  return { symbols, classOf, sizes };
}

/** The digits' distances from zero, largest first, as one number: 0 for zeros alone. */
function keyOf(symbol: number, radix: number, digits: number): number {
  const zero = Math.floor((radix - 1) / 2);
  const distances: number[] = [];
  for (let rest = symbol, digit = 0; digit < digits; digit++) {
    distances.push(Math.abs((rest % radix) - zero));
    rest = Math.floor(rest / radix);
  }
  return distances.sort((a, b) => b - a).reduce((key, distance) => key * radix + distance, 0);
}
