import type { Metadata } from '@grpc/grpc-js';
import { discard } from '../discard.ts';
import type { Channel } from '../wire/channel.ts';
import { FrameError } from '../wire/frame.ts';
import { GRPC_PREFIX_BYTES } from '../wire/messages.ts';
import { writeScope } from '../wire/metadata.ts';
import { ChunkExchange, HOLD } from './chunk-exchange.ts';
import type { FrameSender } from './chunk-exchange.ts';
import type { ChunkStore } from './chunk-store.ts';
import type { Clock } from './clock.ts';
import { defer } from './coordination.ts';
import { BadFrameError } from './errors.ts';
import type { ExchangePhase } from './errors.ts';
import type { Member, Membership } from './exchange.ts';
import { Outbound } from './outbound.ts';
import { PeerSender } from './peer-sender.ts';
import type { InboundPush } from './services.ts';
import type { Traffic } from './traffic.ts';

export interface MeshOptions {
  readonly membership: Membership;
  readonly maxPayloadBytes: number;
  /** See `ExchangeOptions.ahead`. */
  readonly ahead: boolean;
  readonly clock: Clock;
  readonly traffic: Traffic;
  /** A client on a connection of its own to that member. */
  readonly openChannel: (member: Member) => Channel;
  /** Fresh metadata for a call: the claimed identity where TLS is off. */
  readonly metadata: () => Metadata;
  readonly onStaged: () => void;
  /** A stream to or from that rank broke. */
  readonly onLost: (rank: number, detail: string) => void;
  /** A bad frame, or whatever the store threw. */
  readonly onError: (error: unknown) => void;
}

interface Peer {
  readonly identity: FrameSender;
  readonly outbound: Outbound;
  readonly sender: PeerSender;
  inbound: InboundPush | undefined;
  /** A message whose frames from `offset` on are of the next step; its stream is paused meanwhile. */
  held: { readonly message: Buffer; readonly offset: number } | undefined;
}

/** A step that is begun ahead of its barrier. */
interface Opening {
  readonly step: number;
  readonly prepare: () => ChunkStore;
  /** Chunks that were encoded meanwhile. */
  readonly encoded: number[];
}

/**
 * The bulk streams between this member and all others in one generation: one outbound and one inbound each.
 *
 * What a peer can make this member hold beyond the store is one message here and, its stream being paused, what
 * HTTP/2 flow control and gRPC's read-ahead of 16 messages let through.
 */
export class Mesh {
  readonly #options: MeshOptions;
  /** By member index; no entry for this member itself. */
  readonly #peers: (Peer | undefined)[];
  readonly #chunks: ChunkExchange;
  readonly #connected = defer<void>();
  /** The step that begins as soon as nothing of the step before is left to be sent. */
  #opening: Opening | undefined;
  #closed = false;

  constructor(options: MeshOptions) {
    this.#options = options;
    const { members, selfIndex, generation } = options.membership;
    const self = members[selfIndex];
    if (self === undefined) throw new RangeError(`member ${selfIndex} of ${members.length}`);
    this.#chunks = new ChunkExchange({
      members: members.length,
      selfIndex,
      selfRank: self.rank,
      selfAttempt: self.attempt,
      generation,
      firstStep: options.membership.step,
      ahead: options.ahead,
      send: (memberIndex, kind, chunk) => this.#peers[memberIndex]?.sender.send(kind, chunk),
      onStaged: options.onStaged,
    });
    this.#peers = members.map((member, index) =>
      index === selfIndex ? undefined : this.#peer(member, index, self),
    );
  }

  /** Opens the outbound streams. Resolves when every peer has accepted ours and opened its own. */
  connect(): Promise<void> {
    for (const peer of this.#peers) peer?.outbound.open();
    this.#checkConnected();
    return this.#connected.promise;
  }

  /** Takes a peer's inbound stream if it belongs to this generation; refuses it otherwise. */
  adopt(push: InboundPush): void {
    const { members, generation } = this.#options.membership;
    const peer = this.#peers.find((candidate) => candidate?.identity.rank === push.rank);
    const attempt = members.find((member) => member.rank === push.rank)?.attempt;
    if (peer === undefined || push.scope.generation !== generation || push.scope.attempt !== attempt) {
      push.refuse(`rank ${push.rank} attempt ${push.scope.attempt} is not in generation ${generation}`);
    } else if (peer.inbound !== undefined) {
      push.refuse(`rank ${push.rank} has a stream already`);
    } else {
      peer.inbound = push;
      push.accept(
        (message) => this.#onMessage(peer, message),
        (detail) => this.#lost(push.rank, detail),
      );
      this.#checkConnected();
    }
  }

  /** This member enters the barrier of the step, if it has not begun the step ahead of it. */
  awaitStep(step: number): void {
    if (this.#opening === undefined && this.#chunks.step !== step) this.#chunks.awaitStep(step);
  }

  /** Begins the step ahead of its barrier, once the last frames of the step before have left. */
  openStep(step: number, prepare: () => ChunkStore): void {
    this.#chunks.awaitStep(step);
    this.#opening = { step, prepare, encoded: [] };
    this.#openIfIdle();
  }

  /** The barrier has passed: every member has all of the step before. Begins the step, if it is not begun ahead. */
  beginStep(step: number, store: ChunkStore): void {
    if (this.#opening !== undefined) this.#open(this.#opening);
    else if (this.#chunks.step !== step) this.#begin(step, store);
  }

  #openIfIdle(): void {
    if (this.#opening === undefined || this.#closed) return;
    if (!this.#peers.every((peer) => peer === undefined || peer.sender.idle)) return;
    try {
      this.#open(this.#opening);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #open({ step, prepare, encoded }: Opening): void {
    this.#opening = undefined;
    this.#begin(step, prepare());
    for (const c of encoded) this.#chunks.encoded(c);
  }

  #begin(step: number, store: ChunkStore): void {
    this.#chunks.begin(step, store);
    for (const peer of this.#peers) {
      if (peer?.held === undefined) continue;
      const { message, offset } = peer.held;
      peer.held = undefined;
      this.#take(peer, message, offset);
      if (peer.held === undefined) peer.inbound?.resume();
    }
  }

  chunkEncoded(c: number): void {
    if (this.#opening === undefined) this.#chunks.encoded(c);
    else this.#opening.encoded.push(c);
  }

  /** Ranks without both streams, and what is known about each. */
  unconnected(): { readonly ranks: readonly number[]; readonly detail: string } {
    const missing = this.#peers.filter((peer) => peer !== undefined && !isConnected(peer));
    const details = missing.map((peer) =>
      peer?.outbound.accepted === true
        ? `rank ${peer.identity.rank} has not connected to this worker`
        : `rank ${peer?.identity.rank} did not take this worker's connection (${peer?.outbound.lastFailure})`,
    );
    return { ranks: missing.map((peer) => peer?.identity.rank ?? -1), detail: details.join('; ') };
  }

  /** Whom the running step waits for. */
  missing(): { readonly phase: ExchangePhase; readonly ranks: readonly number[] } {
    const { phase, memberIndexes } = this.#chunks.missing();
    return {
      phase,
      ranks: memberIndexes.map((index) => this.#options.membership.members[index]?.rank ?? -1),
    };
  }

  close(how: 'end' | 'cancel'): void {
    this.#closed = true;
    for (const peer of this.#peers) {
      peer?.inbound?.resume();
      peer?.outbound.close(how);
    }
  }

  #peer(member: Member, memberIndex: number, self: Member): Peer {
    const { membership, maxPayloadBytes, clock, traffic, openChannel, metadata, onError } = this.#options;
    const outbound = new Outbound({
      clock,
      client: openChannel(member),
      metadata: () => {
        const scope = metadata();
        writeScope(scope, { generation: membership.generation, attempt: self.attempt });
        return scope;
      },
      onAccepted: () => this.#checkConnected(),
      onEnd: (detail) => this.#lost(member.rank, detail),
    });
    const sender = new PeerSender({
      stream: outbound,
      maxPayloadBytes,
      fill: (kind, chunk, header) => this.#chunks.fill(kind, chunk, header),
      onFrame: (kind, values, frameBytes, first) =>
        traffic.frameSent(member.rank, kind, values, frameBytes, first),
      onIdle: () => this.#openIfIdle(),
      onError,
    });
    const identity = { memberIndex, rank: member.rank, attempt: member.attempt };
    return { identity, outbound, sender, inbound: undefined, held: undefined };
  }

  #onMessage(peer: Peer, message: Buffer): void {
    if (this.#closed) return;
    if (message.length === 0) {
      this.#options.onError(new BadFrameError(peer.identity.rank, 'truncated', 'an empty message'));
      return;
    }
    this.#take(peer, message, 0);
  }

  /** Takes the frames of a message from `start` on. */
  #take(peer: Peer, message: Buffer, start: number): void {
    const { traffic, onError } = this.#options;
    try {
      let offset = start;
      while (offset < message.length) {
        const next = this.#chunks.receive(peer.identity, message, offset);
        if (next === HOLD) {
          peer.held = { message, offset };
          peer.inbound?.pause();
          return;
        }
        const { kind, values } = this.#chunks.lastHeader;
        traffic.frameReceived(kind, values, next - offset, offset === 0);
        offset = next;
      }
      // Every frame was copied to where it belongs. A message of several HTTP/2 frames lies alone in its memory.
      discard(message, GRPC_PREFIX_BYTES);
    } catch (error) {
      onError(
        error instanceof FrameError
          ? new BadFrameError(peer.identity.rank, error.field, error.message)
          : error,
      );
    }
  }

  #checkConnected(): void {
    if (this.#peers.every((peer) => peer === undefined || isConnected(peer))) this.#connected.resolve();
  }

  #lost(rank: number, detail: string): void {
    if (!this.#closed) this.#options.onLost(rank, detail);
  }
}

function isConnected(peer: Peer): boolean {
  return peer.inbound !== undefined && peer.outbound.accepted;
}
