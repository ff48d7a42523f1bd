import type { SymbolClasses } from './symbol-classes.ts';

/** Frequencies of all symbols sum to this. */
export const FREQUENCY_TOTAL = 2 ** 14;

/**
 * Frequencies by class for counted symbols: each occurring symbol gets at least 1, the rest is in proportion, rounded. Class
 * 0, a single symbol, takes what rounding leaves.
 * @param counts of symbols, by class; at least one is not 0.
 */
export function frequenciesOf(
  counts: readonly number[],
  { sizes }: Pick<SymbolClasses, 'sizes'>,
  out: Uint16Array,
): void {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const least = counts[0]! > 0 ? 1 : 0;
  let rest = FREQUENCY_TOTAL;
  for (let index = 1; index < sizes.length; index++) {
    const share = (counts[index]! * FREQUENCY_TOTAL) / (total * sizes[index]!);
    out[index] = counts[index] === 0 ? 0 : Math.max(1, Math.round(share));
    rest -= out[index]! * sizes[index]!;
  }
  // Rounded up too often: the most frequent classes give back. With 1 each, 255 symbols always fit.
  while (rest < least) {
    let largest = 1;
    for (let index = 2; index < sizes.length; index++) if (out[index]! > out[largest]!) largest = index;
    out[largest]!--;
    rest += sizes[largest]!;
  }
  out[0] = rest;
}

/** Reads a model: classes 1, 2, ... as little-endian uint16. False when they leave nothing valid to class 0. */
export function readFrequencies(
  model: Uint8Array,
  { sizes }: Pick<SymbolClasses, 'sizes'>,
  out: Uint16Array,
): boolean {
  let rest = FREQUENCY_TOTAL;
  for (let index = 1; index < sizes.length; index++) {
    const frequency = model[2 * (index - 1)]! + model[2 * (index - 1) + 1]! * 0x100;
    out[index] = frequency;
    rest -= frequency * sizes[index]!;
  }
  if (rest < 0) return false;
  out[0] = rest;
  return true;
}

export function writeFrequencies(frequencies: Uint16Array, classes: number, model: Uint8Array): void {
  for (let index = 1; index < classes; index++) {
    model[2 * (index - 1)] = frequencies[index]! & 0xff;
    model[2 * (index - 1) + 1] = frequencies[index]! >> 8;
  }
}

/** Bytes of a model in a payload. */
export function modelBytes({ sizes }: Pick<SymbolClasses, 'sizes'>): number {
  return 2 * (sizes.length - 1);
}
