import { finalizer } from '../../ternary/finalizer.ts';

/**
 * The running state hash in memory, 16-byte aligned, filled by the update kernels in the same pass as the update:
 *
 * | bytes  | words | what                                   |
 * | ------ | ----- | -------------------------------------- |
 * | 0..15  | 4     | read: sum of the state's bit patterns  |
 * | 16..31 | 4     | read: sum of the sums so far           |
 * | 32..63 | 8     | the same of what is written            |
 *
 * Lane l takes values l, l + 4, ... of weights and slots in turn (four of the weights, four of slot 0, four of slot 1,
 * the next four of the weights ...). A pattern x counts as x ^ (x >>> 15), sums are modulo 2^32. A changed pattern always
 * changes the first sum; patterns that trade places change the second. A guard against faulty memory, not an adversary.
 */
export const STATE_HASH_BYTES = 64;

const WORDS_PER_HASH = 8;
/** Patterns are added in so many lanes. */
export const HASH_LANES = 4;

/**
 * total = total, then part: the running hash of a part that was begun at 0 is added as if it had been run on behind the
 * total. So parts can be hashed in any order and joined in theirs.
 * @param additions patterns per lane in the part.
 */
export function appendStateHash(total: Uint32Array, part: Uint32Array, additions: number): void {
  for (let first = 0; first < 2 * WORDS_PER_HASH; first += WORDS_PER_HASH) {
    for (let sum = first; sum < first + HASH_LANES; sum++) {
      const sums = sum + HASH_LANES;
      total[sums] = total[sums]! + Math.imul(total[sum]!, additions) + part[sums]!;
      total[sum] = total[sum]! + part[sum]!;
    }
  }
}

/** Folds 8 words to 64 bits, as 16 hex digits. */
export function foldStateHash(words: Uint32Array, which: 'read' | 'written'): string {
  const first = which === 'read' ? 0 : WORDS_PER_HASH;
  let low = 0;
  let high = 0;
  for (let word = first; word < first + WORDS_PER_HASH; word++) {
    low = finalizer(low ^ words[word]!);
    high = finalizer(high + low);
  }
  return hex(high) + hex(low);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
