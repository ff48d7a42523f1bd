import type { Chunk } from '../chunks.ts';
import type { Kernels } from '../kernels.ts';
import { payloadBytes, plainFormat, type CodedFormat } from '../payload-format.ts';
import {
  BASE3_PACKING,
  digitBytes,
  inOnePlane,
  splitDigits,
  sumPacking,
  type DigitPacking,
} from '../digit-packing.ts';
import { createDigitRows } from '../digit-rows.ts';
import { byteRadix, packedBytes } from '../radix.ts';
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
  /**
   * Codes the plain payload at `plain`. Returns the length, or undefined: then the plain payload is to be sent.
   * @param share coded it must be shorter than this share of the plain payload; 1 when absent.
   */
  code(
    format: CodedFormat,
    chunk: Chunk,
    members: number,
    plain: number,
    out: number,
    share?: number,
  ): number | undefined;
  /** Codes the payload at `at` where it lies, unless it is to stay as it is. Returns its length then. */
  codeInPlace(format: CodedFormat, chunk: Chunk, members: number, at: number, share?: number): number;
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

/** @param scratch see scratch.ts. */
export function createEntropyCoder(kernels: Kernels, at: CoderMemory, scratch: number): EntropyCoder {
  const coder = createPayloadCoder(kernels, at);
  const rows = createDigitRows(kernels, scratch);

  /** The same digits in another packing. */
  function repack(chunk: Chunk, from: DigitPacking, packed: number, to: DigitPacking, out: number): void {
    eachTile(chunk, (firstBlock, blocks) => {
      const range = { chunk, firstBlock, blocks };
      rows.unpack(from, range, packed);
      rows.pack(to, range, out);
    });
  }

  const code: EntropyCoder['code'] = (format, chunk, members, plain, out, share = 1) => {
    const { packing, symbols } = alphabetOf(format, members);
    if (symbols !== packing) repack(chunk, packing, plain, symbols, at.symbols);
    const from = symbols === packing ? plain : at.symbols;
    const { radix, symbolBytes: coded, restBytes } = partsOf(symbols, chunk.blocks);
    const limit = Math.ceil(payloadBytes(format, chunk, members) * share);
    const bytes = coder.encode(chunk, radix, from, out, limit - restBytes);
    if (bytes === undefined) return undefined;
    kernels.copy(from + coded, out + bytes, restBytes);
    return bytes + restBytes;
  };

  return {
    payload: at.payload,
    code,

    codeInPlace(format, chunk, members, place, share) {
      const bytes = code(format, chunk, members, place, at.payload, share);
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
      const to = symbols === packing ? plain : at.symbols;
      const { radix, symbolBytes: coded, restBytes } = partsOf(symbols, chunk.blocks);
      const codedBytes = length - restBytes;
      if (codedBytes < 0) return `${length} bytes are fewer than the ${restBytes} that are sent as they are`;
      const fault = coder.decode(chunk, radix, at.payload, codedBytes, to);
      if (fault !== undefined) return fault;
      kernels.copy(at.payload + codedBytes, to + coded, restBytes);
      if (symbols !== packing) repack(chunk, symbols, to, packing, plain);
      return undefined;
    },
  };
}

interface Alphabet {
  /** Of the plain payload. */
  readonly packing: DigitPacking;
  /** The same digits with symbols in the first plane, in lanes of one byte. Further planes are sent as they are. */
  readonly symbols: DigitPacking;
}

const codes: Alphabet = { packing: BASE3_PACKING, symbols: BASE3_PACKING };
const sums = new Map<number, Alphabet>();

function alphabetOf(format: CodedFormat, members: number): Alphabet {
  if (plainFormat(format) === 'base3') return codes;
  let alphabet = sums.get(members);
  if (alphabet === undefined) {
    const packing = sumPacking(members);
    sums.set(members, (alphabet = { packing, symbols: symbolsOf(packing) }));
  }
  return alphabet;
}

/** A sum that takes 9 bits is a symbol without its lowest one, which in a sum of so many is as good as random. */
function symbolsOf(packing: DigitPacking): DigitPacking {
  const { radix, planes, rowBytes } = packing;
  if (rowBytes === 2) return splitDigits(radix, 1, byteRadix(Math.ceil(radix / 2)));
  return planes.length === 1 && planes[0]!.radix.laneBytes === 1 ? packing : inOnePlane(byteRadix(radix));
}

function partsOf(symbols: DigitPacking, blocks: number) {
  const { radix } = symbols.planes[0]!;
  const bytes = packedBytes(blocks, radix);
  return { radix, symbolBytes: bytes, restBytes: digitBytes(blocks, symbols) - bytes };
}

/** Bytes of `CoderMemory.symbols` that sums of `members` need. */
export function symbolBytes(blocks: number, members: number): number {
  const { packing, symbols } = alphabetOf('entropy-sums', members);
  return symbols === packing ? 0 : digitBytes(blocks, symbols);
}
