import type { Chunk } from './chunks.ts';
import type { Kernels } from './kernels.ts';
import { BLOCK_VALUES, FLOAT_BYTES } from './layout.ts';
import { HALF_BYTES, payloadBytes, type PlainFormat } from './payload-format.ts';
import { BASE3, ROW_VALUES, ROWS_PER_BLOCK, sumRadix, TWO_BIT, type Radix } from './radix.ts';

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

export function createPayloadCheck(kernels: Kernels): PayloadCheck {
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
        return tooLarge(kernels, payload, BASE3) ?? wrongPadding(chunk, payload, BASE3, 1);
      case '2bit':
        if (kernels.hasThree(at, expected) === 1) return 'a 2-bit code is 3';
        return wrongPadding(chunk, payload, TWO_BIT, 1);
      case 'sums': {
        const radix = sumRadix(members);
        return tooLarge(kernels, payload, radix) ?? wrongPadding(chunk, payload, radix, members);
      }
    }
  };
}

/** A lane below radix^digits holds digits below the radix, whatever they are. */
function tooLarge(kernels: Kernels, payload: Uint8Array, radix: Radix): string | undefined {
  const largest =
    radix.laneBytes === 1
      ? kernels.maxByte(payload.byteOffset, payload.length)
      : kernels.maxWord(payload.byteOffset, payload.length / 2, 0xffff);
  const bound = radix.radix ** radix.digits;
  return largest < bound ? undefined : `a packed lane is ${largest}, not below ${bound}`;
}

/** Values behind a tensor's end must be `zero` (the digit of a zero code), rows behind the chunk's end digit 0. */
function wrongPadding(chunk: Chunk, payload: Uint8Array, radix: Radix, zero: number): string | undefined {
  for (const { offset, blocks, values } of chunk.pieces) {
    const start = offset - chunk.offset;
    for (let value = start + values; value < start + blocks * BLOCK_VALUES; value++) {
      if (digitAt(payload, radix, value) !== zero) return `the padding at value ${value} is not a zero code`;
    }
  }
  const rows = chunk.blocks * ROWS_PER_BLOCK;
  const packedRows = Math.ceil(rows / radix.digits) * radix.digits;
  for (let value = rows * ROW_VALUES; value < packedRows * ROW_VALUES; value++) {
    if (digitAt(payload, radix, value) !== 0) return 'a digit behind the last row is not 0';
  }
  return undefined;
}

function digitAt(payload: Uint8Array, { radix, digits, laneBytes }: Radix, value: number): number {
  const column = value % ROW_VALUES;
  const row = (value - column) / ROW_VALUES;
  const digit = row % digits;
  const lane = (((row - digit) / digits) * ROW_VALUES + column) * laneBytes;
  const packed = laneBytes === 1 ? payload[lane]! : payload[lane]! + payload[lane + 1]! * 0x100;
  return Math.floor(packed / radix ** (digits - 1 - digit)) % radix;
}
