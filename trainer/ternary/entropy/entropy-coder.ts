import type { Chunk } from '../chunks.ts';
import type { Kernels } from '../kernels.ts';
import { payloadBytes, plainFormat, type CodedFormat } from '../payload-format.ts';
import { BASE3, byteSumRadix, packedBytes, ROWS_PER_BLOCK, sumRadix, type Radix } from '../radix.ts';
import { eachTile } from '../tiles.ts';
import type { CoderMemory } from './coder-memory.ts';
import { createPayloadCoder } from './payload-coder.ts';

/**
 * Between a chunk's payload as it is kept, packed plainly, and as it crosses the wire: coded where that is shorter, plain
 * where not. The length tells which: a payload as long as the plain one is the plain one.
 */
export interface EntropyCoder {
  /** Where a received payload is put before `restore`. */
  readonly payload: number;
  /** Codes the plain payload at `plain`. Returns the length, or undefined: then the plain payload is to be sent. */
  code(format: CodedFormat, chunk: Chunk, members: number, plain: number, out: number): number | undefined;
  /** Codes the payload at `at` where it lies, unless that would not be shorter. Returns its length then. */
  codeInPlace(format: CodedFormat, chunk: Chunk, members: number, at: number): number;
  /**
   * `length` received bytes at `payload` -> plain payload. Returns what is wrong with them, or undefined; whatever they
   * are, only the plain payload's bytes are written. Padding is not looked at.
   */
  restore(
    format: CodedFormat,
    chunk: Chunk,
    members: number,
    length: number,
    plain: number,
  ): string | undefined;
}

/** @param scratch rows of a tile; see scratch.ts. */
export function createEntropyCoder(kernels: Kernels, at: CoderMemory, scratch: number): EntropyCoder {
  const coder = createPayloadCoder(kernels, at);

  /** The same digits in another packing. */
  function repack(chunk: Chunk, from: Radix, packed: number, to: Radix, out: number): void {
    const unpack = from.laneBytes === 1 ? kernels.unpackBytes : kernels.unpackWords;
    const pack = to.laneBytes === 1 ? kernels.packBytes : kernels.packWords;
    eachTile(chunk, (firstBlock, blocks) => {
      const rows = blocks * ROWS_PER_BLOCK;
      const { digits, radix, multiplier, shift } = from;
      unpack(packed + packedBytes(firstBlock, from), rows, scratch, digits, radix, multiplier, shift);
      pack(scratch, rows, out + packedBytes(firstBlock, to), to.digits, to.radix);
    });
  }

  const code: EntropyCoder['code'] = (format, chunk, members, plain, out) => {
    const { packing, symbols } = alphabetOf(format, members);
    if (symbols === undefined) return undefined;
    if (symbols !== packing) repack(chunk, packing, plain, symbols, at.symbols);
    const from = symbols === packing ? plain : at.symbols;
    return coder.encode(chunk, symbols, from, out, payloadBytes(format, chunk, members));
  };

  return {
    payload: at.payload,
    code,

    codeInPlace(format, chunk, members, place) {
      const bytes = code(format, chunk, members, place, at.payload);
      if (bytes === undefined) return payloadBytes(format, chunk, members);
      kernels.copy(at.payload, place, bytes);
      return bytes;
    },

    restore(format, chunk, members, length, plain) {
      if (length === payloadBytes(format, chunk, members)) {
        kernels.copy(at.payload, plain, length);
        return undefined;
      }
      const { packing, symbols } = alphabetOf(format, members);
      if (symbols === undefined) return `sums of ${members} workers are never entropy coded`;
      const to = symbols === packing ? plain : at.symbols;
      const fault = coder.decode(chunk, symbols, at.payload, length, to);
      if (fault === undefined && symbols !== packing) repack(chunk, symbols, to, packing, plain);
      return fault;
    },
  };
}

interface Alphabet {
  /** Of the plain payload. */
  readonly packing: Radix;
  /** One-byte lanes of the same digits, or undefined when a digit does not fit in one. */
  readonly symbols: Radix | undefined;
}

const codes: Alphabet = { packing: BASE3, symbols: BASE3 };
const sums = new Map<number, Alphabet>();

function alphabetOf(format: CodedFormat, members: number): Alphabet {
  if (plainFormat(format) === 'base3') return codes;
  let alphabet = sums.get(members);
  if (alphabet === undefined) {
    const packing = sumRadix(members);
    const symbols = packing.laneBytes === 1 ? packing : byteSumRadix(members);
    sums.set(members, (alphabet = { packing, symbols }));
  }
  return alphabet;
}

/** Bytes of `CoderMemory.symbols` that sums of `members` need. */
export function symbolBytes(blocks: number, members: number): number {
  const { packing, symbols } = alphabetOf('entropy-sums', members);
  return symbols === undefined || symbols === packing ? 0 : packedBytes(blocks, symbols);
}
