import { describe, expect, test } from '@jest/globals';
import {
  checkFrameChecksum,
  emptyHeader,
  FRAME_HEADER_BYTES,
  FrameError,
  readFrameHeader,
  writeFrame,
} from './frame.ts';
import type { FrameHeader } from './frame.ts';

const HEADER: FrameHeader = {
  kind: 2,
  codec: 3,
  rank: 0x0504,
  generation: 0x09080706,
  attempt: 0x0d0c0b0a,
  step: 0x11100f0e,
  chunk: 0x15141312,
  flatOffset: 0x19181716,
  values: 0x1d1c1b1a,
  payloadBytes: 3,
};
const PAYLOAD = Uint8Array.of(0xaa, 0xbb, 0xcc);

/** The frame of HEADER and PAYLOAD, by hand. */
const GOLDEN = Buffer.from([
  ...[0x54, 0x47, 0x46, 0x31], // magic "TGF1"
  0x02, // kind: pull
  0x03, // codec
  ...[0x04, 0x05], // rank
  ...[0x06, 0x07, 0x08, 0x09], // generation
  ...[0x0a, 0x0b, 0x0c, 0x0d], // attempt
  ...[0x0e, 0x0f, 0x10, 0x11], // step
  ...[0x12, 0x13, 0x14, 0x15], // chunk
  ...[0x16, 0x17, 0x18, 0x19], // flat offset
  ...[0x1a, 0x1b, 0x1c, 0x1d], // values
  ...[0x03, 0x00, 0x00, 0x00], // payload bytes
  ...[0xf2, 0x45, 0x61, 0x5d], // CRC-32, computed by Python's zlib.crc32
  ...[0xaa, 0xbb, 0xcc], // payload
]);

function write(header: FrameHeader, payload: Uint8Array): Buffer {
  const out = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  expect(writeFrame(out, 0, header, payload)).toBe(out.length);
  return out;
}

test('a frame is laid out as the table says', () => {
  expect(write(HEADER, PAYLOAD).toString('hex')).toBe(GOLDEN.toString('hex'));
});

test('reading gives back what was written, at any offset', () => {
  const message = Buffer.concat([GOLDEN, GOLDEN]);
  const header = emptyHeader();
  readFrameHeader(message, GOLDEN.length, header);
  expect(header).toEqual(HEADER);
  expect(() => checkFrameChecksum(message, GOLDEN.length, header)).not.toThrow();
});

test('a payload may lie in shared memory', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set(PAYLOAD);
  expect(write(HEADER, shared).equals(GOLDEN)).toBe(true);
});

describe('what is refused before anything is read', () => {
  test.each([
    ['no bytes', Buffer.alloc(0), 'truncated'],
    ['a header cut short', GOLDEN.subarray(0, FRAME_HEADER_BYTES - 1), 'truncated'],
    ['a payload cut short', GOLDEN.subarray(0, GOLDEN.length - 1), 'payloadBytes'],
    ['another version', Buffer.concat([Buffer.from('TGF2'), GOLDEN.subarray(4)]), 'magic'],
  ])('%s', (_what, message, field) => {
    expect(fieldOf(() => readFrameHeader(message, 0, emptyHeader()))).toBe(field);
  });

  test('a length of 4 GiB is only a number: nothing is allocated for it', () => {
    const message = Buffer.from(GOLDEN);
    message.writeUInt32LE(0xffffffff, 32);
    expect(fieldOf(() => readFrameHeader(message, 0, emptyHeader()))).toBe('payloadBytes');
  });
});

test('every single flipped bit of header and payload is found', () => {
  for (let bit = 0; bit < GOLDEN.length * 8; bit++) {
    const message = Buffer.from(GOLDEN);
    message[bit >> 3] = (message[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const header = emptyHeader();
    expect(() => {
      readFrameHeader(message, 0, header);
      checkFrameChecksum(message, 0, header);
    }).toThrow(FrameError);
  }
});

function fieldOf(read: () => void): string {
  try {
    read();
  } catch (error) {
    if (error instanceof FrameError) return error.field;
    throw error;
  }
  return 'accepted';
}
