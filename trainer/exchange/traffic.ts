import { FrameKind } from '../wire/frame.ts';
import { GRPC_PREFIX_BYTES } from '../wire/messages.ts';
import type { SocketBytes } from '../wire/socket-bytes.ts';
import type { ByteCount, ExchangeCounters, TrafficCount } from './counters.ts';
import { emptyTraffic } from './counters.ts';

const FLOAT32_BYTES = 4;

/** Where the bytes of one member's exchange are added up. */
export class Traffic implements ExchangeCounters {
  readonly sent: TrafficCount = emptyTraffic();
  readonly received: TrafficCount = emptyTraffic();
  readonly sentTo = new Map<number, ByteCount>();
  readonly #sockets: SocketBytes;

  constructor(sockets: SocketBytes) {
    this.#sockets = sockets;
  }

  get transport(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sockets.sent, received: this.#sockets.received };
  }

  /** The prefix of a message that holds several frames is counted with its first. */
  frameSent(
    toRank: number,
    kind: FrameKind,
    values: number,
    frameBytes: number,
    firstOfMessage: boolean,
  ): void {
    const wire = frameBytes + (firstOfMessage ? GRPC_PREFIX_BYTES : 0);
    add(kind === FrameKind.push ? this.sent.push : this.sent.pull, values, wire);
    let peer = this.sentTo.get(toRank);
    if (peer === undefined) {
      peer = { raw: 0, wire: 0 };
      this.sentTo.set(toRank, peer);
    }
    add(peer, values, wire);
  }

  frameReceived(kind: number, values: number, frameBytes: number, firstOfMessage: boolean): void {
    const wire = frameBytes + (firstOfMessage ? GRPC_PREFIX_BYTES : 0);
    add(kind === FrameKind.push ? this.received.push : this.received.pull, values, wire);
  }

  /** For the methods of the barrier; whole gRPC messages. */
  readonly barrierMessages = {
    onSent: (wireBytes: number): void => {
      this.sent.barrier += wireBytes;
    },
    onReceived: (wireBytes: number): void => {
      this.received.barrier += wireBytes;
    },
  };
}

function add(count: ByteCount, values: number, wire: number): void {
  count.raw += values * FLOAT32_BYTES;
  count.wire += wire;
}
