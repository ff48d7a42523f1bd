import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { exchangeFramesIn, type ExchangeFrame } from './exchange-frames.ts';
import { CLIENT_PREFACE_BYTES, Http2Splitter, type Http2Unit } from './http2-units.ts';

export type Direction = 'toTarget' | 'fromTarget';

/** An HTTP/2 frame on its way. */
export interface Sight {
  readonly link: Link;
  readonly direction: Direction;
  readonly bytes: Buffer;
  /** Of a Push stream. */
  readonly frames: readonly ExchangeFrame[];
}

/** What becomes of it: what goes on instead, and what becomes of the connection afterwards. */
export interface Treatment {
  readonly forward: Buffer;
  readonly after: 'goOn' | 'hold' | 'reset';
}

/** Looks at every frame; `undefined` lets it pass. */
export type Watcher = (sight: Sight) => Treatment | undefined;

/** One plaintext connection of a worker to another. */
export class Link {
  /** Rank of the worker that listens. */
  readonly to: number;
  /** Rank of the worker that connected, once it can be told. */
  from: number | undefined;
  /** Time that every frame is held up, both ways. */
  delayMs = 0;
  readonly #sockets: readonly [incoming: Socket, outgoing: Socket];
  readonly #watch: Watcher;
  readonly #rankOf: (data: Buffer) => number | undefined;
  #state: 'open' | 'held' | 'silent' = 'open';

  /** @param rankOf who speaks in a message to rank 0, if it says. */
  constructor(
    to: number,
    sockets: readonly [incoming: Socket, outgoing: Socket],
    watch: Watcher,
    rankOf: (data: Buffer) => number | undefined,
  ) {
    this.to = to;
    this.#sockets = sockets;
    this.#watch = watch;
    this.#rankOf = rankOf;
    const [incoming, outgoing] = sockets;
    this.#carry('toTarget', incoming, outgoing, new Http2Splitter(CLIENT_PREFACE_BYTES));
    this.#carry('fromTarget', outgoing, incoming, new Http2Splitter(0));
  }

  get isClosed(): boolean {
    return this.#sockets.some((socket) => socket.destroyed);
  }

  /** Nothing goes through any more; an end still does. */
  hold(): void {
    this.#state = 'held';
  }

  /** As if the cable were pulled: nothing goes through, and neither side hears of an end. */
  silence(): void {
    this.#state = 'silent';
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(direction: Direction, source: Socket, sink: Socket, splitter: Http2Splitter): void {
    let queue = Promise.resolve();
    source.on('data', (bytes: Buffer) => {
      queue = queue.then(() => this.#passAll(direction, splitter.take(bytes), sink));
    });
    source.on('error', () => undefined);
    source.on('close', () => {
      if (this.#state === 'silent') return;
      // Nobody listens there yet: the hello of who connected must be read before the end, or it is a reset.
      void queue.then(() => (this.#state === 'held' ? sink.destroy() : sink.resume().end()));
    });
  }

  async #passAll(direction: Direction, units: readonly Http2Unit[], sink: Socket): Promise<void> {
    for (const unit of units) await this.#pass(direction, unit, sink);
  }

  async #pass(direction: Direction, unit: Http2Unit, sink: Socket): Promise<void> {
    if (this.delayMs > 0) await pause(this.delayMs);
    if (this.#state !== 'open') return;
    const { bytes, isData } = unit;
    const frames = isData ? exchangeFramesIn(bytes) : [];
    if (isData && direction === 'toTarget') this.from ??= frames[0]?.rank ?? this.#rankOf(bytes);
    const treatment = isData ? this.#watch({ link: this, direction, bytes, frames }) : undefined;
    if (!sink.destroyed) sink.write(treatment?.forward ?? bytes);
    if (treatment?.after === 'hold') this.hold();
    if (treatment?.after === 'reset') this.reset();
  }
}
