import type { Chunk } from './chunks.ts';
import type { Kernels } from './kernels.ts';
import { BLOCK_VALUES, FLOAT_BYTES } from './layout.ts';
import { HALF_BYTES, payloadBytes, type PlainFormat } from './payload-format.ts';
import { BASE3_PACKING, sumPacking, TWO_BIT_PACKING, type DigitPacking } from './digit-packing.ts';
import { createDigitRows, type DigitRows } from './digit-rows.ts';
import { packedBytes, ROW_VALUES, ROWS_PER_BLOCK, type Radix } from './radix.ts';
import { eachTile } from './tiles.ts';

/**
 * Why a received payload cannot be right, or undefined. A payload that passes decodes to finite values whatever its
 * sender did.
 * @param payload lies in the kernels' memory.
 * @param members counts for `sums` only.
 */
export type PayloadCheck = (
  format: PlainFormat,
  chunk: Chunk,
  payload: Uint8Array,
  members: number,
) => string | undefined;

const FLOAT_INFINITY_BITS = 0x7f80_0000;
const HALF_INFINITY_BITS = 0x7c00;
const HALF_MAGNITUDE_BITS = 0x7fff;

/** @param scratch see scratch.ts. */
export function createPayloadCheck(kernels: Kernels, scratch: number): PayloadCheck {
  const rows = createDigitRows(kernels, scratch);
  return (format, chunk, payload, members) => {
    const expected = payloadBytes(format, chunk, members);
    if (payload.length !== expected) return `${payload.length} bytes instead of ${expected}`;
    const at = payload.byteOffset;
    switch (format) {
      case 'float32':
        return kernels.maxAbsoluteBits(at, expected / FLOAT_BYTES) >= FLOAT_INFINITY_BITS
          ? 'a value is infinite or not a number'
          : undefined;
      case 'float16':
        return kernels.maxWord(at, expected / HALF_BYTES, HALF_MAGNITUDE_BITS) >= HALF_INFINITY_BITS
          ? 'a value is infinite or not a number'
          : undefined;
      case 'base3':
        return (
          laneTooLarge(kernels, chunk, payload, BASE3_PACKING) ??
          wrongPadding(chunk, payload, BASE3_PACKING, 1)
        );
      case '2bit':
        if (kernels.hasThree(at, expected) === 1) return 'a 2-bit code is 3';
        return wrongPadding(chunk, payload, TWO_BIT_PACKING, 1);
      case 'sums': {
        const packing = sumPacking(members);
        return (
          laneTooLarge(kernels, chunk, payload, packing) ??
          digitTooLarge(rows, chunk, payload, packing) ??
          wrongPadding(chunk, payload, packing, members)
        );
      }
    }
  };
}

/** A lane below radix^digits holds digits below the radix, whatever they are. */
function laneTooLarge(
  kernels: Kernels,
  chunk: Chunk,
  payload: Uint8Array,
  { planes }: DigitPacking,
): string | undefined {
  let at = payload.byteOffset;
  for (const { radix } of planes) {
    const bytes = packedBytes(chunk.blocks, radix);
    const largest =
      radix.laneBytes === 1 ? kernels.maxByte(at, bytes) : kernels.maxWord(at, bytes / 2, 0xffff);
    const bound = radix.radix ** radix.digits;
    if (largest >= bound) return `a packed lane is ${largest}, not below ${bound}`;
    at += bytes;
  }
  return undefined;
}

/** Fields that are all in range can still make a digit that is not: the highest ones do not come with every lower one. */
function digitTooLarge(
  rows: DigitRows,
  chunk: Chunk,
  { byteOffset }: Uint8Array,
  packing: DigitPacking,
): string | undefined {
  if (packing.planes.length === 1) return undefined;
  let largest = 0;
  eachTile(chunk, (firstBlock, blocks) => {
    rows.unpack(packing, { chunk, firstBlock, blocks }, byteOffset);
    largest = Math.max(largest, rows.largest(packing, blocks));
  });
  return largest < packing.radix ? undefined : `a digit is ${largest}, not below ${packing.radix}`;
}

/** Values behind a tensor's end must be `zero` (the digit of a zero code), rows behind the chunk's end digit 0. */
function wrongPadding(
  chunk: Chunk,
  payload: Uint8Array,
  packing: DigitPacking,
  zero: number,
): string | undefined {
  for (const { offset, blocks, values } of chunk.pieces) {
    const start = offset - chunk.offset;
    for (let value = start + values; value < start + blocks * BLOCK_VALUES; value++) {
      if (digitAt(payload, chunk.blocks, packing, value) !== zero) {
        return `the padding at value ${value} is not a zero code`;
      }
    }
  }
  const end = chunk.blocks * ROWS_PER_BLOCK * ROW_VALUES;
  let at = 0;
  for (const { radix } of packing.planes) {
    const bytes = packedBytes(chunk.blocks, radix);
    const packedEnd = (bytes / radix.laneBytes) * radix.digits;
    for (let value = end; value < packedEnd; value++) {
      if (fieldAt(payload, at, radix, value) !== 0) return 'a digit behind the last row is not 0';
    }
    at += bytes;
  }
  return undefined;
}

function digitAt(payload: Uint8Array, blocks: number, { planes }: DigitPacking, value: number): number {
  let digit = 0;
  let at = 0;
  for (const { radix, shift } of planes) {
    digit += fieldAt(payload, at, radix, value) * 2 ** shift;
    at += packedBytes(blocks, radix);
  }
  return digit;
}

function fieldAt(
  payload: Uint8Array,
  plane: number,
  { radix, digits, laneBytes }: Radix,
  value: number,
): number {
  const column = value % ROW_VALUES;
  const row = (value - column) / ROW_VALUES;
  const digit = row % digits;
  const lane = plane + (((row - digit) / digits) * ROW_VALUES + column) * laneBytes;
  const packed = laneBytes === 1 ? payload[lane]! : payload[lane]! + payload[lane + 1]! * 0x100;
  return Math.floor(packed / radix ** (digits - 1 - digit)) % radix;
}
