import { expect, test } from '@jest/globals';
import { emptyHeader, FRAME_HEADER_BYTES, FrameKind, readFrameHeader } from '../wire/frame.ts';
import type { FrameHeader } from '../wire/frame.ts';
import { BATCH_BYTES, maxMessageBytes, PeerSender } from './peer-sender.ts';

/** A stream that keeps what it is given until the test says that it has left. */
class SlowStream {
  readonly messages: Buffer[] = [];
  #onWritten: (() => void) | undefined;

  write(message: Buffer, onWritten: () => void): void {
    if (this.#onWritten !== undefined) throw new Error('a second message is in flight');
    this.messages.push(Buffer.from(message));
    this.#onWritten = onWritten;
  }

  flushed(): void {
    const onWritten = this.#onWritten;
    this.#onWritten = undefined;
    onWritten?.();
  }
}

function sender(payloadBytes: number, maxPayloadBytes = payloadBytes) {
  const stream = new SlowStream();
  const errors: unknown[] = [];
  const counted: { frames: number; bytes: number; messages: number } = { frames: 0, bytes: 0, messages: 0 };
  const peer = new PeerSender({
    stream,
    maxPayloadBytes,
    fill: (kind, chunk, header) => {
      Object.assign(header, { kind, chunk, payloadBytes });
      return new Uint8Array(payloadBytes);
    },
    onFrame: (_kind, _values, bytes, first) => {
      counted.frames++;
      counted.bytes += bytes;
      if (first) counted.messages++;
    },
    onError: (error) => errors.push(error),
  });
  return { peer, stream, errors, counted };
}

function framesOf(message: Buffer): FrameHeader[] {
  const frames: FrameHeader[] = [];
  for (let offset = 0; offset < message.length;) {
    const header = emptyHeader();
    readFrameHeader(message, offset, header);
    frames.push(header);
    offset += FRAME_HEADER_BYTES + header.payloadBytes;
  }
  return frames;
}

const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

test('frames that are ready together travel in one message, in order', async () => {
  const { peer, stream } = sender(100);
  peer.send(FrameKind.push, 4);
  peer.send(FrameKind.pull, 9);
  peer.send(FrameKind.push, 5);
  await tick();
  expect(stream.messages).toHaveLength(1);
  expect(framesOf(stream.messages[0] ?? Buffer.alloc(0)).map(({ kind, chunk }) => [kind, chunk])).toEqual([
    [FrameKind.push, 4],
    [FrameKind.pull, 9],
    [FrameKind.push, 5],
  ]);
});

test('one message is in flight; what becomes ready meanwhile goes into the next', async () => {
  const { peer, stream } = sender(100);
  peer.send(FrameKind.push, 0);
  await tick();
  for (let c = 1; c <= 3; c++) {
    peer.send(FrameKind.push, c);
    await tick();
  }
  expect(stream.messages).toHaveLength(1);
  stream.flushed();
  expect(stream.messages.map((message) => framesOf(message).map(({ chunk }) => chunk))).toEqual([
    [0],
    [1, 2, 3],
  ]);
  expect(peer.idle).toBe(false);
  stream.flushed();
  expect(peer.idle).toBe(true);
});

test('a message grows to the batch size and no further', async () => {
  const payloadBytes = 100_000;
  const { peer, stream, counted } = sender(payloadBytes);
  for (let c = 0; c < 5; c++) peer.send(FrameKind.pull, c);
  await tick();
  stream.flushed();
  stream.flushed();
  expect(stream.messages.map((message) => framesOf(message).length)).toEqual([2, 2, 1]);
  expect(Math.max(...stream.messages.map(({ length }) => length))).toBeLessThanOrEqual(BATCH_BYTES);
  expect(counted).toEqual({ frames: 5, messages: 3, bytes: 5 * (payloadBytes + FRAME_HEADER_BYTES) });
});

test('a frame longer than the batch size travels alone', async () => {
  const payloadBytes = BATCH_BYTES + 1;
  const { peer, stream } = sender(payloadBytes);
  peer.send(FrameKind.push, 0);
  peer.send(FrameKind.push, 1);
  await tick();
  expect(stream.messages[0]).toHaveLength(maxMessageBytes(payloadBytes));
  stream.flushed();
  expect(framesOf(stream.messages[1] ?? Buffer.alloc(0)).map(({ chunk }) => chunk)).toEqual([1]);
});

test('a payload longer than announced is an error, not an overrun', async () => {
  const { peer, stream, errors } = sender(BATCH_BYTES + 1, 1000);
  peer.send(FrameKind.push, 0);
  await tick();
  expect(stream.messages).toHaveLength(0);
  expect(errors).toEqual([expect.any(RangeError)]);
});
