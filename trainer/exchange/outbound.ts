import { status } from '@grpc/grpc-js';
import type { ClientWritableStream, Metadata, ServiceError } from '@grpc/grpc-js';
import type { Channel } from '../wire/channel.ts';
import { pushMethod } from '../wire/messages.ts';
import type { Clock, Timer } from './clock.ts';
import type { MessageStream } from './peer-sender.ts';

export interface OutboundOptions {
  readonly clock: Clock;
  readonly client: Channel;
  /** Fresh metadata with generation and attempt. */
  readonly metadata: () => Metadata;
  /** The peer has taken the stream. */
  readonly onAccepted: () => void;
  /** It was accepted once and is gone, or will never be accepted. */
  readonly onEnd: (detail: string) => void;
}

const RETRY_MS = 100;

/**
 * This member's Push stream to one peer: the only direction in which bulk data goes on this connection.
 * Until the peer accepts it, connection failures are tried again; afterwards the first one is final.
 */
export class Outbound implements MessageStream {
  readonly #options: OutboundOptions;
  #call: ClientWritableStream<Buffer> | undefined;
  #retryTimer: Timer | undefined;
  #accepted = false;
  #closed = false;
  #lastFailure = 'it has not answered yet';

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  get accepted(): boolean {
    return this.#accepted;
  }

  get lastFailure(): string {
    return this.#lastFailure;
  }

  open(): void {
    const { clock, client, metadata, onAccepted, onEnd } = this.#options;
    const { path, requestSerialize, responseDeserialize } = pushMethod;
    const onStatus = (error: ServiceError | null): void => {
      if (this.#closed) return;
      this.#lastFailure = error?.details ?? 'it ended the stream';
      if (
        this.#accepted ||
        error?.code === status.FAILED_PRECONDITION ||
        error?.code === status.PERMISSION_DENIED
      ) {
        onEnd(this.#lastFailure);
      } else {
        this.#retryTimer = clock.after(RETRY_MS, () => this.open());
      }
    };
    const call = client.makeClientStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata(),
      onStatus,
    );
    this.#call = call;
    call.on('metadata', () => {
      this.#accepted = true;
      onAccepted();
    });
    // Says the same as the status.
    call.on('error', () => undefined);
  }

  write(message: Buffer, onWritten: () => void): void {
    this.#call?.write(message, onWritten);
  }

  /** Ends the stream after what is queued, or at once. */
  close(how: 'end' | 'cancel'): void {
    this.#closed = true;
    this.#retryTimer?.cancel();
    if (how === 'end') this.#call?.end();
    else this.#call?.cancel();
    this.#options.client.close();
  }
}
