import { describe, expect, test } from '@jest/globals';
import {
  checkHeaderChecksum,
  checkPayloadDigest,
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
  payloadDigest: 0x23222120,
};
const PAYLOAD = Uint8Array.of(0xaa, 0xbb, 0xcc);

/** The frame of HEADER and PAYLOAD, by hand. */
const GOLDEN = Buffer.from(
  [
    '54474632', // magic "TGF2"
    '02', // kind: pull
    '03', // codec
    '0405', // rank
    '06070809', // generation
    '0a0b0c0d', // attempt
    '0e0f1011', // step
    '12131415', // chunk
    '16171819', // flat offset
    '1a1b1c1d', // values
    '03000000', // payload bytes
    '20212223', // payload digest
    'f1e677cb', // CRC-32, computed by Python's zlib.crc32
    'aabbcc', // payload
  ].join(''),
  'hex',
);

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
  expect(() => checkHeaderChecksum(message, GOLDEN.length)).not.toThrow();
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
    ['another version', Buffer.concat([Buffer.from('TGF1'), GOLDEN.subarray(4)]), 'magic'],
  ])('%s', (_what, message, field) => {
    expect(fieldOf(() => readFrameHeader(message, 0, emptyHeader()))).toBe(field);
  });

  test('a length of 4 GiB is only a number: nothing is allocated for it', () => {
    const message = Buffer.from(GOLDEN);
    message.writeUInt32LE(0xffffffff, 32);
    expect(fieldOf(() => readFrameHeader(message, 0, emptyHeader()))).toBe('payloadBytes');
  });
});

test('every single flipped bit of the header is found', () => {
  for (let bit = 0; bit < FRAME_HEADER_BYTES * 8; bit++) {
    const message = Buffer.from(GOLDEN);
    message[bit >> 3] = (message[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const header = emptyHeader();
    expect(() => {
      readFrameHeader(message, 0, header);
      checkHeaderChecksum(message, 0);
    }).toThrow(FrameError);
  }
});

test('a payload with another digest than its header says is refused', () => {
  expect(() => checkPayloadDigest(HEADER.payloadDigest, HEADER)).not.toThrow();
  expect(fieldOf(() => checkPayloadDigest(HEADER.payloadDigest + 1, HEADER))).toBe('payloadDigest');
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
