import { FREQUENCY_TOTAL } from './frequencies.ts';

/** Where the slots begin in a decoding table. */
export const DECODE_SLOTS_OFFSET = 1024;

/**
 * Memory of one thread's entropy coder, 16-byte aligned. Tables are kept for one model at a time.
 *
 * | part        | bytes  | what                                                                          |
 * | ----------- | ------ | ----------------------------------------------------------------------------- |
 * | states      | 16     | four uint32                                                                   |
 * | frequencies | 272    | uint16 by class, at most 129                                                  |
 * | classes     | 256    | class of each symbol                                                          |
 * | counts      | 2,048  | 256 uint32, and as much for the kernel                                        |
 * | encodeTable | 4,096  | 16 by symbol: uint64 2^46 / frequency rounded up, uint32 frequency and start  |
 * | decodeTable | 17,424 | 4 by symbol: uint16 frequency and start; 2^14 slots: a symbol each; a vector  |
 * | symbols     | given  | a chunk's symbols, where the packing's bytes are none                         |
 * | payload     | given  | a received payload                                                            |
 */
export interface CoderMemory {
  readonly states: number;
  readonly frequencies: number;
  readonly classes: number;
  readonly counts: number;
  readonly encodeTable: number;
  readonly decodeTable: number;
  readonly symbols: number;
  readonly payload: number;
  readonly bytes: number;
}

/** Of halved sums of 255 workers, see symbol-classes.ts. */
export const MAX_CLASSES = 129;

export interface CoderNeeds {
  /** Longest chunk of sums in the coder's own packing; see `symbolBytes`. */
  readonly symbolBytes: number;
  /** Longest payload. */
  readonly payloadBytes: number;
}

export function planCoderMemory(base: number, needs: CoderNeeds): CoderMemory {
  let next = base;
  const take = (bytes: number): number => {
    const at = next;
    next += Math.ceil(bytes / 16) * 16;
    return at;
  };
  const memory = {
    states: take(16),
    frequencies: take(2 * MAX_CLASSES),
    classes: take(256),
    counts: take(2048),
    encodeTable: take(4096),
    decodeTable: take(DECODE_SLOTS_OFFSET + FREQUENCY_TOTAL + 16),
    symbols: take(needs.symbolBytes),
    payload: take(needs.payloadBytes),
  };
  return { ...memory, bytes: next - base };
}
