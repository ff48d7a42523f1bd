import { finalizer } from './finalizer.ts';

/** What the noise of one contribution depends on, besides the place in the flat vector. */
export interface NoiseKey {
  readonly seed: number;
  readonly step: number;
  /** Rank of the worker: it stays the same when the membership changes. */
  readonly rank: number;
}

/** Four 32-bit words, one per word of the generators' state. */
export type NoiseWords = Uint32Array;

/**
 * Derives the 128-bit key of a step's noise: each word is a chain of Murmur3 finalizers over seed, step and rank, so
 * neighbouring steps and ranks have unrelated words.
 *
 * The kernels then seed, for each block of 80 values, four xorshift128 generators (one per vector lane) with
 *
 *     state[j] of lane l of block b = finalizer((4 * b + l) ^ word[j])         b counts from the start of the flat vector
 *
 * and draw 20 vectors. The seeding is not linear, so the generators' own linearity does not relate blocks, steps or
 * ranks. A value's u is the upper 24 bits of its draw, in [0, 1).
 */
export function noiseWords(key: NoiseKey, out: NoiseWords): NoiseWords {
  for (let word = 0; word < 4; word++) {
    let hash = finalizer(0x9e37_79b9 + word);
    hash = finalizer(hash ^ low(key.seed));
    hash = finalizer(hash ^ high(key.seed));
    hash = finalizer(hash ^ low(key.step));
    hash = finalizer(hash ^ high(key.step));
    out[word] = finalizer(hash ^ low(key.rank));
  }
  return out;
}

function low(value: number): number {
  return value >>> 0;
}

function high(value: number): number {
  return Math.floor(value / 2 ** 32) >>> 0;
}
