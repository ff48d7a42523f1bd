import type { Chunk } from './chunks.ts';
import { FLOAT_BYTES } from './layout.ts';
import { BASE3, packedBytes, sumRadix, TWO_BIT } from './radix.ts';

/**
 * What a payload holds. The number is the codec id in frames.
 *
 * | format  | bytes                                                                           |
 * | ------- | ------------------------------------------------------------------------------- |
 * | float32 | the chunk's values, little endian, piece after piece, without padding           |
 * | float16 | the same as IEEE 754 binary16                                                   |
 * | base3   | codes + 1, five rows of 16 to 16 bytes (see radix.ts), with padding             |
 * | 2bit    | codes + 1, four rows of 16 to 16 bytes, with padding                            |
 * | sums    | sums of codes + 1 over the members, packed by `sumRadix(members)`, with padding |
 */
export const PAYLOAD_FORMAT_IDS = { float32: 1, float16: 2, base3: 3, '2bit': 4, sums: 5 } as const;

export type PayloadFormat = keyof typeof PAYLOAD_FORMAT_IDS;

export const HALF_BYTES = 2;

/** Length of a chunk's payload, the longest where it varies. `members` counts for `sums` only. */
export function payloadBytes(
  format: PayloadFormat,
  chunk: Pick<Chunk, 'blocks' | 'values'>,
  members: number,
): number {
  switch (format) {
    case 'float32':
      return chunk.values * FLOAT_BYTES;
    case 'float16':
      return chunk.values * HALF_BYTES;
    case 'base3':
      return packedBytes(chunk.blocks, BASE3);
    case '2bit':
      return packedBytes(chunk.blocks, TWO_BIT);
    case 'sums':
      return packedBytes(chunk.blocks, sumRadix(members));
  }
}

/** Whether a chunk's payload in this format can be so long. */
export function isPayloadLength(
  bytes: number,
  format: PayloadFormat,
  chunk: Pick<Chunk, 'blocks' | 'values'>,
  members: number,
): boolean {
  return bytes === payloadBytes(format, chunk, members);
}
