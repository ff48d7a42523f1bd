import type { Chunk } from '../chunks.ts';
import type { Kernels } from '../kernels.ts';
import { BLOCK_VALUES } from '../layout.ts';
import { packedBytes, ROW_VALUES, ROWS_PER_BLOCK, type Radix } from '../radix.ts';
import { MAX_CLASSES, type CoderMemory } from './coder-memory.ts';
import { frequenciesOf, modelBytes, readFrequencies, writeFrequencies } from './frequencies.ts';
import { symbolClasses, type SymbolClasses } from './symbol-classes.ts';

/**
 * Codes a chunk's packed digits near their entropy. Symbols are the packed bytes; each piece of the chunk, so each scaler
 * unit, has its own model, made from its own symbols.
 *
 * | part   | bytes                         | what                                                                 |
 * | ------ | ----------------------------- | -------------------------------------------------------------------- |
 * | models | pieces x 2 x (classes - 1)    | frequencies of class 1, 2, ... in 2^14, uint16; class 0 has the rest |
 * | words  | 2 each                        | uint16, in the order they were coded; decoding begins with the last  |
 * | states | 16                            | four uint32, from which decoding starts                              |
 *
 * Everything is little endian. The first symbol of a piece is the first whose first digit is the piece's.
 */
export interface PayloadCoder {
  /**
   * Writes the coded form of `symbols` to `out`, or nothing of use when it would not be shorter than `limit` bytes.
   * Returns its length, or undefined.
   */
  encode(chunk: Chunk, radix: Radix, symbols: number, out: number, limit: number): number | undefined;
  /**
   * The inverse, from `length` bytes at `payload`. Returns what is wrong with them, or undefined; reads and writes nothing
   * beyond payload and symbols whatever they are.
   */
  decode(chunk: Chunk, radix: Radix, payload: number, length: number, symbols: number): string | undefined;
}

const STATE_BYTES = 16;
/** All states begin here, and decoding must end here. */
const FIRST_STATE = 2 ** 16;

/** @param at memory of this coder alone. */
export function createPayloadCoder(kernels: Kernels, at: CoderMemory): PayloadCoder {
  const { buffer } = kernels.memory;
  const states = new Uint32Array(buffer, at.states, 4);
  const frequencies = new Uint16Array(buffer, at.frequencies, MAX_CLASSES);
  const symbolCounts = new Uint32Array(buffer, at.counts, 256);
  const known = new Map<number, SymbolClasses>();
  let placed: SymbolClasses | undefined;

  /** The alphabet's classes, which from then on lie in memory. */
  function place(radix: Radix): SymbolClasses {
    let classes = known.get(radix.radix);
    if (classes === undefined) known.set(radix.radix, (classes = symbolClasses(radix)));
    if (placed !== classes) new Uint8Array(buffer, at.classes, 256).set(classes.classOf);
    placed = classes;
    return classes;
  }

  function countClasses(classes: SymbolClasses, symbols: number, count: number): number[] {
    kernels.countBytes(symbols, count, at.counts);
    const counts = classes.sizes.map(() => 0);
    for (let symbol = 0; symbol < classes.symbols; symbol++) {
      counts[classes.classOf[symbol]!]! += symbolCounts[symbol]!;
    }
    return counts;
  }

  /** By piece, then by class. */
  function countsOf(chunk: Chunk, radix: Radix, classes: SymbolClasses, symbols: number): number[][] {
    return chunk.pieces.map((_, index) => {
      const from = firstSymbol(chunk, index, radix);
      return countClasses(classes, symbols + from, firstSymbol(chunk, index + 1, radix) - from);
    });
  }

  return {
    encode(chunk, radix, symbols, out, limit) {
      const classes = place(radix);
      const bytes = modelBytes(classes);
      const counts = countsOf(chunk, radix, classes, symbols);
      // Coding takes many times as long as counting: what cannot get short enough is not begun.
      if (chunk.pieces.length * bytes + leastBytes(counts, classes) >= limit) return undefined;
      let next = out + chunk.pieces.length * bytes;
      const wordsEnd = out + limit - 1 - STATE_BYTES;
      states.fill(FIRST_STATE);
      for (let index = chunk.pieces.length - 1; index >= 0; index--) {
        const from = firstSymbol(chunk, index, radix);
        const count = firstSymbol(chunk, index + 1, radix) - from;
        frequenciesOf(counts[index]!, classes, frequencies);
        if (next > wordsEnd) return undefined;
        writeFrequencies(
          frequencies,
          classes.sizes.length,
          new Uint8Array(buffer, out + index * bytes, bytes),
        );
        kernels.ransEncodeTable(at.classes, at.frequencies, classes.symbols, at.encodeTable);
        next = kernels.ransEncode(symbols + from, count, at.encodeTable, at.states, next, wordsEnd);
        if (next === 0) return undefined;
      }
      kernels.copy(at.states, next, STATE_BYTES);
      return next + STATE_BYTES - out;
    },

    decode(chunk, radix, payload, length, symbols) {
      const classes = place(radix);
      const bytes = modelBytes(classes);
      const words = payload + chunk.pieces.length * bytes;
      let next = payload + length - STATE_BYTES;
      if (next < words || (next - words) % 2 !== 0) {
        return `${length} bytes are not models of ${words - payload} bytes, words of 2 and states of ${STATE_BYTES}`;
      }
      kernels.copy(next, at.states, STATE_BYTES);
      if (states.some((state) => state < FIRST_STATE)) return 'a coder state is below 65536';
      for (let index = 0; index < chunk.pieces.length; index++) {
        const model = new Uint8Array(buffer, payload + index * bytes, bytes);
        if (!readFrequencies(model, classes, frequencies)) {
          return `the frequencies of model ${index} sum to more than 16384`;
        }
        kernels.ransDecodeTable(at.classes, at.frequencies, classes.symbols, at.decodeTable);
        const from = firstSymbol(chunk, index, radix);
        const count = firstSymbol(chunk, index + 1, radix) - from;
        next = kernels.ransDecode(symbols + from, count, at.decodeTable, at.states, next, words);
        if (next === 0) return 'the coded words end before the symbols do';
      }
      if (next !== words) return `${(next - words) / 2} coded words are left behind the last symbol`;
      if (states.some((state) => state !== FIRST_STATE)) return 'the coder does not end in its first state';
      return undefined;
    },
  };
}

/** Entropy of symbols that are as frequent as the others of their class. */
function leastBytes(counts: readonly (readonly number[])[], { sizes }: SymbolClasses): number {
  let bits = 0;
  for (const ofPiece of counts) {
    const total = ofPiece.reduce((sum, count) => sum + count, 0);
    for (const [index, count] of ofPiece.entries()) {
      if (count > 0) bits += count * Math.log2((total * sizes[index]!) / count);
    }
  }
  return bits / 8;
}

/** First symbol byte of a piece, counted from the chunk's; of the piece behind the last: their number. */
function firstSymbol(chunk: Chunk, piece: number, radix: Radix): number {
  const offset = chunk.pieces[piece]?.offset;
  if (offset === undefined) return packedBytes(chunk.blocks, radix);
  const row = ((offset - chunk.offset) / BLOCK_VALUES) * ROWS_PER_BLOCK;
  return Math.ceil(row / radix.digits) * ROW_VALUES;
}
