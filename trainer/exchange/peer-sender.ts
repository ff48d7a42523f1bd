import { emptyHeader, FRAME_HEADER_BYTES, writeFrame } from '../wire/frame.ts';
import type { FrameHeader, FrameKind } from '../wire/frame.ts';

/** What the sender needs of a gRPC client stream. */
export interface MessageStream {
  /** `onWritten` is called once the message has left this process, or could not. */
  write(message: Buffer, onWritten: () => void): void;
}

export interface PeerSenderOptions {
  readonly stream: MessageStream;
  /** Length of the longest payload, bytes. */
  readonly maxPayloadBytes: number;
  /** Fills the header of a frame and returns its payload; see ChunkExchange.fill. */
  readonly fill: (kind: FrameKind, chunk: number, header: FrameHeader) => Uint8Array;
  /** Counts a frame that is being sent. */
  readonly onFrame: (kind: FrameKind, values: number, frameBytes: number, firstOfMessage: boolean) => void;
  /** Everything that was queued has been sent. */
  readonly onIdle?: () => void;
  /** Something threw while a message was being built. */
  readonly onError: (error: unknown) => void;
}

/**
 * Frames that are ready at the same time travel in one gRPC message up to this size; a message costs about 60 us
 * whatever its length. A longer frame travels alone.
 */
export const BATCH_BYTES = 256 * 1024;

/** Longest gRPC message of Exchange.Push. */
export function maxMessageBytes(maxPayloadBytes: number): number {
  return Math.max(BATCH_BYTES, FRAME_HEADER_BYTES + maxPayloadBytes);
}

const CHUNK_BITS = 28;
const CHUNK_MASK = 2 ** CHUNK_BITS - 1;

/**
 * One peer's outbound stream. Frames are queued as (kind, chunk) and built only when the stream has room: one message
 * is in flight at a time, and what becomes ready meanwhile goes into the next. So a fast link gets each chunk at once,
 * a busy one gets few large messages, and a slow peer holds no memory but this object's one buffer.
 */
export class PeerSender {
  readonly #options: PeerSenderOptions;
  readonly #buffer: Buffer;
  readonly #header: FrameHeader = emptyHeader();
  /** kind << CHUNK_BITS | chunk; entries before #next are sent. */
  readonly #queue: number[] = [];
  #next = 0;
  #writing = false;
  #scheduled = false;

  constructor(options: PeerSenderOptions) {
    this.#options = options;
    this.#buffer = Buffer.allocUnsafeSlow(maxMessageBytes(options.maxPayloadBytes));
  }

  /** Queues a frame. It leaves with all others that are queued before the current callback ends. */
  send(kind: FrameKind, chunk: number): void {
    this.#queue.push((kind << CHUNK_BITS) | chunk);
    if (this.#writing || this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#flush);
  }

  get idle(): boolean {
    return !this.#writing && this.#queue.length === 0;
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#writing || this.#next === this.#queue.length) return;
    try {
      const end = this.#build();
      this.#writing = true;
      this.#options.stream.write(this.#buffer.subarray(0, end), this.#onWritten);
    } catch (error) {
      this.#options.onError(error);
    }
  };

  readonly #onWritten = (): void => {
    this.#writing = false;
    if (this.#next === this.#queue.length) {
      this.#queue.length = 0;
      this.#next = 0;
      this.#options.onIdle?.();
    } else {
      this.#flush();
    }
  };

  /** Puts as many queued frames into the buffer as fit; returns their total length. */
  #build(): number {
    const { fill, onFrame } = this.#options;
    let end = 0;
    while (this.#next < this.#queue.length) {
      const entry = this.#queue[this.#next] ?? 0;
      const kind: FrameKind = entry >>> CHUNK_BITS === 1 ? 1 : 2;
      const payload = fill(kind, entry & CHUNK_MASK, this.#header);
      const frameBytes = FRAME_HEADER_BYTES + payload.byteLength;
      if (end > 0 && end + frameBytes > BATCH_BYTES) break;
      if (frameBytes > this.#buffer.length) {
        throw new RangeError(
          `a frame of ${frameBytes} bytes is longer than announced (${this.#buffer.length})`,
        );
      }
      onFrame(kind, this.#header.values, frameBytes, end === 0);
      end = writeFrame(this.#buffer, end, this.#header, payload);
      this.#next++;
    }
    return end;
  }
}
