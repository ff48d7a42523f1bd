import type { Metadata } from '@grpc/grpc-js';
import type { Channel } from '../wire/channel.ts';
import { whichAttemptMethod } from '../wire/messages.ts';
import type { Clock, Timer } from './clock.ts';

export interface CoordinatorWatchOptions {
  readonly clock: Clock;
  /** A client on a connection of its own to rank 0's name. */
  readonly openChannel: () => Channel;
  /** Fresh metadata for a call: the claimed identity where TLS is off. */
  readonly metadata: () => Metadata;
  /** The attempt that this member takes for rank 0; `undefined` before it knows one. */
  readonly known: () => number | undefined;
  /** How long may pass until a newer one is found. */
  readonly everyMs: number;
  /** A newer one answers under its name. */
  readonly onNewer: (attempt: number) => void;
}

/**
 * Finds out that rank 0 has been replaced while the old one still lives and answers: on a node that the API server has
 * lost sight of, for one. Each time on a new connection, because an old one stays with whom it was made to.
 */
export class CoordinatorWatch {
  readonly #options: CoordinatorWatchOptions;
  readonly #timer: Timer;
  #asking: Channel | undefined;

  constructor(options: CoordinatorWatchOptions) {
    this.#options = options;
    this.#timer = options.clock.every(options.everyMs, () => this.#ask());
  }

  close(): void {
    this.#timer.cancel();
    this.#asking?.close();
  }

  #ask(): void {
    const { clock, openChannel, metadata, known, everyMs, onNewer } = this.#options;
    this.#asking?.close();
    const client = openChannel();
    this.#asking = client;
    const { path, requestSerialize, responseDeserialize } = whichAttemptMethod;
    const deadline = clock.unixMs() + everyMs;
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
      metadata(),
      { deadline },
      (_error, answer) => {
        client.close();
        const attempt = known();
        // Whether rank 0 answers at all is seen on the streams to it.
        if (answer !== undefined && attempt !== undefined && answer.attempt > attempt)
          onNewer(answer.attempt);
      },
    );
  }
}
