import type { Client, Metadata } from '@grpc/grpc-js';
import { whichAttemptMethod } from '../wire/messages.ts';

export interface CoordinatorWatchOptions {
  /** A client on a connection of its own to rank 0's name. */
  readonly openChannel: () => Client;
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
  readonly #timer: NodeJS.Timeout;
  #asking: Client | undefined;

  constructor(options: CoordinatorWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#ask(), options.everyMs);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#asking?.close();
  }

  #ask(): void {
    const { openChannel, metadata, known, everyMs, onNewer } = this.#options;
    this.#asking?.close();
    const client = openChannel();
    this.#asking = client;
    const { path, requestSerialize, responseDeserialize } = whichAttemptMethod;
    const deadline = Date.now() + everyMs;
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
