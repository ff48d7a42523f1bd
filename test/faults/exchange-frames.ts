import type { FrameField } from '../../trainer/wire/frame.ts';
import { FRAME_HEADER_BYTES as HTTP2_HEADER_BYTES } from './http2-units.ts';

/** An exchange frame inside an HTTP/2 DATA frame. */
export interface ExchangeFrame {
  /** Where it begins in the DATA frame. */
  readonly at: number;
  readonly kind: 'push' | 'pull';
  readonly rank: number;
  readonly step: number;
  readonly payloadBytes: number;
}

/** gRPC puts a flag byte and the length before each message. */
const GRPC_PREFIX_BYTES = 5;
export const GRPC_LENGTH_OFFSET = HTTP2_HEADER_BYTES + 1;
const MESSAGE_OFFSET = HTTP2_HEADER_BYTES + GRPC_PREFIX_BYTES;
const MAGIC = 'TGF2';
const HEADER_BYTES = 44;

/** Where each field of a frame's header lies, by the table in `trainer/wire/frame.ts`: offset and bytes. */
export const FIELDS = {
  magic: [0, 4],
  kind: [4, 1],
  codec: [5, 1],
  rank: [6, 2],
  generation: [8, 4],
  attempt: [12, 4],
  step: [16, 4],
  chunk: [20, 4],
  flatOffset: [24, 4],
  values: [28, 4],
  payloadBytes: [32, 4],
  payloadDigest: [36, 4],
  crc: [40, 4],
} as const satisfies Partial<Record<FrameField, readonly [number, number]>>;

/** The frames of a DATA frame that holds one whole message of a Push stream; none of any other. */
export function exchangeFramesIn(data: Buffer): readonly ExchangeFrame[] {
  const isWhole =
    data.length > MESSAGE_OFFSET && data.readUInt32BE(GRPC_LENGTH_OFFSET) === data.length - MESSAGE_OFFSET;
  if (!isWhole) return [];
  const frames: ExchangeFrame[] = [];
  for (let at = MESSAGE_OFFSET; at + HEADER_BYTES <= data.length;) {
    if (data.toString('latin1', at, at + MAGIC.length) !== MAGIC) return [];
    const payloadBytes = data.readUInt32LE(at + FIELDS.payloadBytes[0]);
    frames.push({
      at,
      kind: data[at + FIELDS.kind[0]] === 1 ? 'push' : 'pull',
      rank: data.readUInt16LE(at + FIELDS.rank[0]),
      step: data.readUInt32LE(at + FIELDS.step[0]),
      payloadBytes,
    });
    at += HEADER_BYTES + payloadBytes;
  }
  return frames;
}

/** The data without its sums: what they say is never heard, whatever travelled with them. */
export function withoutSums(data: Buffer, frames: readonly ExchangeFrame[]): Buffer {
  const kept = frames
    .filter(({ kind }) => kind === 'push')
    .map(({ at, payloadBytes }) => data.subarray(at, at + HEADER_BYTES + payloadBytes));
  if (kept.length === 0) return Buffer.alloc(0);
  const shorter = Buffer.concat([data.subarray(0, MESSAGE_OFFSET), ...kept]);
  shorter.writeUIntBE(shorter.length - HTTP2_HEADER_BYTES, 0, 3);
  shorter.writeUInt32BE(shorter.length - MESSAGE_OFFSET, GRPC_LENGTH_OFFSET);
  return shorter;
}

/** A copy of the data with some bits of one field, or of the payload, turned. */
export function withFlipped(
  data: Buffer,
  frame: ExchangeFrame,
  field: keyof typeof FIELDS | 'payload',
  mask: number,
): Buffer {
  const spoiled = Buffer.from(data);
  const [offset, bytes] = field === 'payload' ? ([HEADER_BYTES, 1] as const) : FIELDS[field];
  // Little endian: the last byte is the most significant.
  const position = frame.at + offset + (field === 'payload' ? frame.payloadBytes >> 1 : bytes - 1);
  spoiled[position] = (spoiled[position] ?? 0) ^ mask;
  return spoiled;
}
