import { DECODE_SLOTS_OFFSET } from '../entropy/coder-memory.ts';
import { FREQUENCY_TOTAL } from '../entropy/frequencies.ts';
import type { RansKernels } from '../kernels.ts';

const STATES = 4;
const WORD = 2 ** 16;
const VECTOR = 16;
const RECIPROCAL = 2n ** 46n;

export function referenceRans(memory: WebAssembly.Memory): RansKernels {
  const bytes = (at: number, count: number): Uint8Array => new Uint8Array(memory.buffer, at, count);
  const words = (at: number, count: number): Uint16Array => new Uint16Array(memory.buffer, at, count);
  const longs = (at: number, count: number): Uint32Array => new Uint32Array(memory.buffer, at, count);
  const view = new DataView(memory.buffer);

  /** Calls `work` with each symbol's frequency and its first slot. */
  function eachSymbol(
    classes: number,
    frequencies: number,
    symbols: number,
    work: (symbol: number, frequency: number, start: number) => void,
  ): void {
    const classOf = bytes(classes, symbols);
    let start = 0;
    for (let symbol = 0; symbol < symbols; symbol++) {
      const frequency = words(frequencies, classOf[symbol]! + 1)[classOf[symbol]!]!;
      work(symbol, frequency, start);
      start += frequency;
    }
  }

  return {
    countBytes(at, count, counts) {
      const table = longs(counts, 512).fill(0);
      for (const byte of bytes(at, count)) table[byte]!++;
    },

    ransEncodeTable(classes, frequencies, symbols, table) {
      eachSymbol(classes, frequencies, symbols, (symbol, frequency, start) => {
        const divisor = BigInt(Math.max(frequency, 1));
        view.setBigUint64(table + symbol * 16, (RECIPROCAL + divisor - 1n) / divisor, true);
        longs(table + symbol * 16 + 8, 2).set([frequency, start]);
      });
    },

    ransDecodeTable(classes, frequencies, symbols, table) {
      eachSymbol(classes, frequencies, symbols, (symbol, frequency, start) => {
        longs(table, 256)[symbol] = frequency + start * WORD;
        const vectors = Math.ceil(frequency / VECTOR) * VECTOR;
        bytes(table + DECODE_SLOTS_OFFSET + start, vectors).fill(symbol);
      });
    },

    ransEncode(symbols, count, table, states, out, outEnd) {
      const coded = bytes(symbols, count);
      const state = Array.from(longs(states, STATES));
      let to = out;
      for (let index = count - 1; index >= 0; index--) {
        if (index % STATES === STATES - 1 && to + 2 * STATES > outEnd) return 0;
        const [frequency, start] = longs(table + coded[index]! * 16 + 8, 2) as unknown as [number, number];
        let x = state[index % STATES]!;
        // Written before it is known whether it counts, as a processor without a branch does.
        view.setUint16(to, x % WORD, true);
        if (x >= (frequency * WORD * WORD) / FREQUENCY_TOTAL) {
          x = Math.floor(x / WORD);
          to += 2;
        }
        state[index % STATES] = Math.floor(x / frequency) * FREQUENCY_TOTAL + (x % frequency) + start;
      }
      longs(states, STATES).set(state);
      return to;
    },

    ransDecode(symbols, count, table, states, wordsEnd, wordsBegin) {
      const decoded = bytes(symbols, count);
      const state = Array.from(longs(states, STATES));
      const slots = bytes(table + DECODE_SLOTS_OFFSET, FREQUENCY_TOTAL);
      const entries = words(table, 512);
      let from = wordsEnd;
      for (let index = 0; index < count; index++) {
        const x = state[index % STATES]!;
        const slot = x % FREQUENCY_TOTAL;
        const symbol = slots[slot]!;
        decoded[index] = symbol;
        const [frequency, start] = [entries[2 * symbol]!, entries[2 * symbol + 1]!];
        let next = frequency * Math.floor(x / FREQUENCY_TOTAL) + slot - start;
        if (next < WORD) {
          if (from < wordsBegin + 2) return 0;
          from -= 2;
          next = next * WORD + view.getUint16(from, true);
        }
        state[index % STATES] = next;
      }
      longs(states, STATES).set(state);
      return from;
    },
  };
}
