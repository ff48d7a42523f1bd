import type { Chunk } from './chunks.ts';
import { FLOAT_BYTES } from './layout.ts';
import { digitBytes, sumPacking } from './digit-packing.ts';
import { BASE3, packedBytes, TWO_BIT } from './radix.ts';

/**
 * What a payload holds. The number is the codec id in frames.
 *
 * | format       | bytes                                                                           |
 * | ------------ | ------------------------------------------------------------------------------- |
 * | float32      | the chunk's values, little endian, piece after piece, without padding           |
 * | float16      | the same as IEEE 754 binary16                                                   |
 * | base3        | codes + 1, five rows of 16 to 16 bytes (see radix.ts), with padding             |
 * | 2bit         | codes + 1, four rows of 16 to 16 bytes, with padding                            |
 * | sums         | sums of codes + 1 over the members, packed by `sumPacking(members)`, with padding |
 * | entropy      | base3, entropy coded (see entropy/); as long as base3: base3 itself             |
 * | entropy-sums | the same of sums                                                                |
 */
export const PAYLOAD_FORMAT_IDS = {
  float32: 1,
  float16: 2,
  base3: 3,
  '2bit': 4,
  entropy: 6,
  // 5 and 7 were sums of whole digits.
  sums: 8,
  'entropy-sums': 9,
} as const;

/**
 * What workers must have in common to exchange payloads: `signature`, which says so of model and job, and these formats. A
 * checkpoint, in which there are no payloads, has the signature alone.
 */
export function exchangeSignature(signature: string): string {
  return `${signature}/${Object.values(PAYLOAD_FORMAT_IDS).join('.')}`;
}

export type PayloadFormat = keyof typeof PAYLOAD_FORMAT_IDS;
/** Formats that exist on the wire only; payloads are kept in their plain format. */
export type CodedFormat = 'entropy' | 'entropy-sums';
export type PlainFormat = Exclude<PayloadFormat, CodedFormat>;

export const HALF_BYTES = 2;

export function isCoded(format: PayloadFormat): format is CodedFormat {
  return format === 'entropy' || format === 'entropy-sums';
}

/** How a payload that arrives in this format is kept. */
export function plainFormat(format: PayloadFormat): PlainFormat {
  if (format === 'entropy') return 'base3';
  return format === 'entropy-sums' ? 'sums' : format;
}

/** Length of a chunk's payload, the longest where it varies. `members` counts for sums only. */
export function payloadBytes(
  format: PayloadFormat,
  chunk: Pick<Chunk, 'blocks' | 'values'>,
  members: number,
): number {
  switch (plainFormat(format)) {
    case 'float32':
      return chunk.values * FLOAT_BYTES;
    case 'float16':
      return chunk.values * HALF_BYTES;
    case 'base3':
      return packedBytes(chunk.blocks, BASE3);
    case '2bit':
      return packedBytes(chunk.blocks, TWO_BIT);
    case 'sums':
      return digitBytes(chunk.blocks, sumPacking(members));
  }
}

/** Whether a chunk's payload in this format can be so long. */
export function isPayloadLength(
  bytes: number,
  format: PayloadFormat,
  chunk: Pick<Chunk, 'blocks' | 'values'>,
  members: number,
): boolean {
  const longest = payloadBytes(format, chunk, members);
  return isCoded(format) ? bytes <= longest : bytes === longest;
}
