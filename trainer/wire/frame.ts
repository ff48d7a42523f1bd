import { crc32 } from 'node:zlib';
import { copyBytes } from '../copy-bytes.ts';

/**
 * A frame carries one payload of one chunk. A gRPC message of Exchange.Push holds one or more frames, back to back,
 * nothing before, between or after. Little endian.
 *
 *     offset  size  field
 *          0     4  magic         "TGF2": the version is its last character
 *          4     1  kind          1 push (contribution), 2 pull (sum)
 *          5     1  codec         codec id of the payload
 *          6     2  rank          sender
 *          8     4  generation
 *         12     4  attempt       of the sender
 *         16     4  step
 *         20     4  chunk
 *         24     4  flatOffset    of the chunk, in values
 *         28     4  values        in the chunk, without padding
 *         32     4  payloadBytes
 *         36     4  payloadDigest of the payload; see ternary/payload-digest.ts
 *         40     4  crc           CRC-32 (zlib's) of bytes 0..39
 *         44     -  payload
 *
 * The payload is not aligned in memory (gRPC's own 5-byte prefix comes before); it is copied to where it belongs, and
 * checked there.
 */
export const FRAME_HEADER_BYTES = 44;
const FRAME_MAGIC = 0x32464754; // "TGF2"

export const FrameKind = { push: 1, pull: 2 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

const CRC_OFFSET = 40;

/** Mutable, so that one object per stream serves every frame. */
export interface FrameHeader {
  kind: number;
  codec: number;
  rank: number;
  generation: number;
  attempt: number;
  step: number;
  chunk: number;
  flatOffset: number;
  values: number;
  payloadBytes: number;
  payloadDigest: number;
}

export type FrameField = keyof FrameHeader | 'magic' | 'crc' | 'truncated' | 'payload';

/** Why a frame is not what the receiver expects. The exchange adds the peer's rank. */
export class FrameError extends Error {
  readonly code = 'FRAME';
  readonly field: FrameField;

  constructor(field: FrameField, reason: string) {
    super(reason);
    this.name = 'FrameError';
    this.field = field;
  }
}

export function emptyHeader(): FrameHeader {
  return {
    kind: 0,
    codec: 0,
    rank: 0,
    generation: 0,
    attempt: 0,
    step: 0,
    chunk: 0,
    flatOffset: 0,
    values: 0,
    payloadBytes: 0,
    payloadDigest: 0,
  };
}

/**
 * Writes header and payload at `offset`; returns the offset after them. `header.payloadBytes` and `payloadDigest` must be
 * the payload's.
 */
export function writeFrame(out: Buffer, offset: number, header: FrameHeader, payload: Uint8Array): number {
  out.writeUInt32LE(FRAME_MAGIC, offset);
  out[offset + 4] = header.kind;
  out[offset + 5] = header.codec;
  out.writeUInt16LE(header.rank, offset + 6);
  out.writeUInt32LE(header.generation, offset + 8);
  out.writeUInt32LE(header.attempt, offset + 12);
  out.writeUInt32LE(header.step, offset + 16);
  out.writeUInt32LE(header.chunk, offset + 20);
  out.writeUInt32LE(header.flatOffset, offset + 24);
  out.writeUInt32LE(header.values, offset + 28);
  out.writeUInt32LE(header.payloadBytes, offset + 32);
  out.writeUInt32LE(header.payloadDigest, offset + 36);
  out.writeUInt32LE(headerChecksum(out, offset), offset + CRC_OFFSET);
  const start = offset + FRAME_HEADER_BYTES;
  const end = start + header.payloadBytes;
  copyBytes(out.subarray(start, end), payload);
  return end;
}

/**
 * Reads the header at `offset` into `header`. Checks what can be checked without knowing the step: that the header
 * is whole, is ours, and that the payload lies within the message. Throws FrameError; allocates nothing otherwise.
 */
export function readFrameHeader(message: Buffer, offset: number, header: FrameHeader): void {
  const available = message.length - offset;
  if (available < FRAME_HEADER_BYTES) {
    throw new FrameError(
      'truncated',
      `${available} bytes left where a ${FRAME_HEADER_BYTES}-byte header must start`,
    );
  }
  const magic = message.readUInt32LE(offset);
  if (magic !== FRAME_MAGIC) throw new FrameError('magic', `0x${magic.toString(16)} instead of "TGF2"`);
  header.kind = message[offset + 4] ?? 0;
  header.codec = message[offset + 5] ?? 0;
  header.rank = message.readUInt16LE(offset + 6);
  header.generation = message.readUInt32LE(offset + 8);
  header.attempt = message.readUInt32LE(offset + 12);
  header.step = message.readUInt32LE(offset + 16);
  header.chunk = message.readUInt32LE(offset + 20);
  header.flatOffset = message.readUInt32LE(offset + 24);
  header.values = message.readUInt32LE(offset + 28);
  header.payloadBytes = message.readUInt32LE(offset + 32);
  header.payloadDigest = message.readUInt32LE(offset + 36);
  if (header.payloadBytes > available - FRAME_HEADER_BYTES) {
    throw new FrameError(
      'payloadBytes',
      `${header.payloadBytes} announced, ${available - FRAME_HEADER_BYTES} in the message`,
    );
  }
}

/** Throws FrameError unless the checksum of the header at `offset` is right. */
export function checkHeaderChecksum(message: Buffer, offset: number): void {
  const actual = headerChecksum(message, offset);
  const stated = message.readUInt32LE(offset + CRC_OFFSET);
  if (actual !== stated) {
    throw new FrameError('crc', `0x${stated.toString(16)} stated, 0x${actual.toString(16)} computed`);
  }
}

/** Throws FrameError unless the payload, wherever it lies, has the digest that its header states. */
export function checkPayloadDigest(actual: number, { payloadDigest }: FrameHeader): void {
  if (actual !== payloadDigest) {
    throw new FrameError(
      'payloadDigest',
      `0x${payloadDigest.toString(16)} stated, 0x${actual.toString(16)} computed`,
    );
  }
}

/** Throws FrameError unless a header field has the value that the receiver expects. */
export function expectField(field: keyof FrameHeader, actual: number, expected: number): void {
  if (actual !== expected) throw new FrameError(field, `${actual} instead of ${expected}`);
}

function headerChecksum(message: Buffer, start: number): number {
  return crc32(message.subarray(start, start + CRC_OFFSET));
}
