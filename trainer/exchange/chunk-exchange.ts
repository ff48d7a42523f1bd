import {
  checkHeaderChecksum,
  checkPayloadDigest,
  emptyHeader,
  expectField,
  FRAME_HEADER_BYTES,
  FrameError,
  FrameKind,
  readFrameHeader,
} from '../wire/frame.ts';
import { copyBytes } from '../copy-bytes.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { ChunkStore } from './chunk-store.ts';
import type { ExchangePhase } from './errors.ts';

/** What a frame must say about its sender. */
export interface FrameSender {
  readonly memberIndex: number;
  readonly rank: number;
  readonly attempt: number;
}

export interface ChunkExchangeOptions {
  readonly members: number;
  readonly selfIndex: number;
  readonly selfRank: number;
  readonly selfAttempt: number;
  readonly generation: number;
  /** The first step of the generation. */
  readonly firstStep: number;
  /** Whether contributions to a step may come before this member has entered its barrier. */
  readonly ahead: boolean;
  /** Queues a frame for a member; its payload is fetched with `fill` when the stream has room. */
  readonly send: (memberIndex: number, kind: FrameKind, chunk: number) => void;
  /** Every sum of the step is staged. */
  readonly onStaged: () => void;
}

/** The frame is of the step that comes next: keep the message and offer it again after `begin`. */
export const HOLD = -1;

const NONE = -1;
const FLOAT32_BYTES = 4;

/**
 * The sharded push/pull of one step, without the network. Chunk c is summed by its owner, member c mod N:
 *
 *     encoded here ──push──> owner: all N contributions in -> reduce ──pull──> everyone: staged
 *
 * One object serves all steps of a generation. A contribution or sum is taken exactly once, and only if every header
 * field is what this member expects and the checksum is right; anything else throws FrameError and changes nothing.
 */
export class ChunkExchange {
  readonly #options: ChunkExchangeOptions;
  readonly #header: FrameHeader = emptyHeader();
  /** The step whose barrier this member has entered and which is not begun; NONE otherwise. */
  #awaitedStep = NONE;
  #running = false;
  /** Of the running step, or the last: its sums may still be on their way out after it is staged here. */
  #step: number;
  #store: ChunkStore | undefined;
  #chunks = 0;
  #stagedCount = 0;
  /** Per chunk: 1 once this member's contribution is encoded. */
  #encoded = new Uint8Array(0);
  /** Per chunk: 1 once its sum is in the store. */
  #staged = new Uint8Array(0);
  /** Per owned chunk: contributions received. */
  #received = new Uint32Array(0);
  /** Per chunk and member: 1 once that contribution is received. */
  #contributed = new Uint8Array(0);

  constructor(options: ChunkExchangeOptions) {
    this.#options = options;
    this.#step = options.firstStep - 1;
  }

  /** Of the running step, or the last. */
  get step(): number {
    return this.#step;
  }

  /** This member enters the barrier of `step`: a faster peer's contributions may come before `begin`. */
  awaitStep(step: number): void {
    if (this.#running) throw new Error(`step ${this.#step} is still running`);
    this.#awaitedStep = step;
  }

  /**
   * Starts the step whose barrier has passed, so that every member has staged the step before; or, ahead of it, one whose
   * predecessor is staged here and has left nothing to be sent.
   */
  begin(step: number, store: ChunkStore): void {
    if (this.#running) throw new Error(`step ${this.#step} is still running`);
    if (step !== this.#awaitedStep) throw new Error(`step ${step} is begun without its barrier`);
    this.#awaitedStep = NONE;
    this.#step = step;
    this.#store = store;
    this.#resize(store.chunkCount);
    this.#running = true;
    if (this.#chunks === 0) this.#finish();
  }

  /** This member's contribution to chunk c is in the store. */
  encoded(c: number): void {
    if (!this.#running || !(c >= 0 && c < this.#chunks))
      throw new Error(`chunk ${c} is not of a running step`);
    if (this.#encoded[c] === 1) throw new Error(`chunk ${c} of step ${this.#step} was encoded twice`);
    this.#encoded[c] = 1;
    const owner = c % this.#options.members;
    if (owner === this.#options.selfIndex) this.#reduceIfComplete(c);
    else this.#options.send(owner, FrameKind.push, c);
  }

  /**
   * Takes the frame at `offset` of a message. Returns the offset after it, or HOLD.
   * Throws FrameError; whatever the store throws passes through.
   */
  receive(from: FrameSender, message: Buffer, offset: number): number {
    const header = this.#header;
    readFrameHeader(message, offset, header);
    expectField('rank', header.rank, from.rank);
    expectField('generation', header.generation, this.#options.generation);
    expectField('attempt', header.attempt, from.attempt);
    if (header.kind !== FrameKind.push && header.kind !== FrameKind.pull) {
      throw new FrameError('kind', `${header.kind} is neither push (1) nor pull (2)`);
    }
    if (header.kind === FrameKind.push && this.#isAhead(header.step)) return HOLD;
    if (!this.#running) {
      if (this.#awaitedStep === NONE)
        throw new FrameError('step', `${header.step} while no step is expected`);
      expectField('step', header.step, this.#awaitedStep);
      throw new FrameError('kind', 'a sum came before this member contributed');
    }
    expectField('step', header.step, this.#step);
    if (header.kind === FrameKind.push) this.#takeContribution(from, message, offset);
    else this.#takeSum(from, message, offset);
    return offset + FRAME_HEADER_BYTES + header.payloadBytes;
  }

  /** A faster peer has begun the next step already. All that this member lacks of the present one came before, on the same stream. */
  #isAhead(step: number): boolean {
    if (!this.#running && this.#awaitedStep !== NONE) return step === this.#awaitedStep;
    return this.#options.ahead && step === this.#step + 1;
  }

  /** Of the frame that `receive` took last. */
  get lastHeader(): Readonly<FrameHeader> {
    return this.#header;
  }

  /** Fills the header of a frame to be sent and returns its payload. */
  fill(kind: FrameKind, c: number, header: FrameHeader): Uint8Array {
    const store = this.#storeOf(c);
    const payload = kind === FrameKind.push ? store.pushPayload(c) : store.pullPayload(c);
    header.kind = kind;
    header.codec = kind === FrameKind.push ? store.pushCodec(c) : store.pullCodec(c);
    header.rank = this.#options.selfRank;
    header.generation = this.#options.generation;
    header.attempt = this.#options.selfAttempt;
    header.step = this.#step;
    header.chunk = c;
    header.flatOffset = store.flatOffset(c);
    header.values = store.rawBytes(c) / FLOAT32_BYTES;
    header.payloadBytes = payload.byteLength;
    header.payloadDigest = store.digest(payload);
    return payload;
  }

  /**
   * Whom the running step waits for. Contributions come first: an owner that lacks one cannot send its sum, so it is
   * only to blame when nothing is missing here.
   */
  missing(): { readonly phase: ExchangePhase; readonly memberIndexes: readonly number[] } {
    const { members, selfIndex } = this.#options;
    const contributors = new Set<number>();
    const owners = new Set<number>();
    for (let c = 0; c < this.#chunks; c++) {
      if (this.#encoded[c] === 0) return { phase: 'encode', memberIndexes: [selfIndex] };
      if (c % members !== selfIndex) {
        if (this.#staged[c] === 0) owners.add(c % members);
        continue;
      }
      for (let m = 0; m < members; m++) {
        if (m !== selfIndex && this.#contributed[c * members + m] === 0) contributors.add(m);
      }
    }
    const phase = contributors.size > 0 ? 'push' : 'pull';
    return {
      phase,
      memberIndexes: [...(contributors.size > 0 ? contributors : owners)].sort((a, b) => a - b),
    };
  }

  #takeContribution(from: FrameSender, message: Buffer, offset: number): void {
    const header = this.#header;
    const { members, selfIndex } = this.#options;
    const c = header.chunk;
    if (c >= this.#chunks) throw new FrameError('chunk', `${c} of ${this.#chunks}`);
    if (c % members !== selfIndex)
      throw new FrameError('chunk', `${c} is summed by member ${c % members}, not here`);
    const slot = c * members + from.memberIndex;
    if (this.#contributed[slot] === 1) throw new FrameError('chunk', `a second contribution to chunk ${c}`);
    const store = this.#storeOf(c);
    const place = store.contributionPlace(c, from.memberIndex, header.payloadBytes);
    this.#takePayload(message, offset, store.pushCodec(c), place);
    refuseFaulty(store.faultOfContribution?.(c, from.memberIndex));
    this.#contributed[slot] = 1;
    this.#received[c] = (this.#received[c] ?? 0) + 1;
    this.#reduceIfComplete(c);
  }

  #takeSum(from: FrameSender, message: Buffer, offset: number): void {
    const header = this.#header;
    const c = header.chunk;
    if (c >= this.#chunks) throw new FrameError('chunk', `${c} of ${this.#chunks}`);
    const owner = c % this.#options.members;
    if (owner !== from.memberIndex)
      throw new FrameError('chunk', `${c} is summed by member ${owner}, not the sender`);
    if (this.#encoded[c] === 0)
      throw new FrameError('chunk', `a sum of chunk ${c} before this member contributed`);
    if (this.#staged[c] === 1) throw new FrameError('chunk', `a second sum of chunk ${c}`);
    const store = this.#storeOf(c);
    this.#takePayload(message, offset, store.pullCodec(c), store.sumPlace(c, header.payloadBytes));
    refuseFaulty(store.faultOfSum?.(c));
    this.#stage(c);
  }

  /** The last checks, and in between the copy to where the payload belongs: nothing there counts before they pass. */
  #takePayload(message: Buffer, offset: number, codec: number, target: Uint8Array | undefined): void {
    const header = this.#header;
    const store = this.#storeOf(header.chunk);
    expectField('codec', header.codec, codec);
    expectField('flatOffset', header.flatOffset, store.flatOffset(header.chunk));
    expectField('values', header.values, store.rawBytes(header.chunk) / FLOAT32_BYTES);
    if (target === undefined) {
      throw new FrameError(
        'payloadBytes',
        `chunk ${header.chunk} has no payload of ${header.payloadBytes} bytes`,
      );
    }
    checkHeaderChecksum(message, offset);
    const start = offset + FRAME_HEADER_BYTES;
    copyBytes(target, message.subarray(start, start + header.payloadBytes));
    checkPayloadDigest(store.digest(target), header);
  }

  #reduceIfComplete(c: number): void {
    const { members, selfIndex, send } = this.#options;
    if (this.#encoded[c] === 0 || this.#received[c] !== members - 1) return;
    this.#storeOf(c).reduce(c);
    // Starting behind oneself spreads the owners' traffic over all links.
    for (let m = 1; m < members; m++) send((selfIndex + m) % members, FrameKind.pull, c);
    this.#stage(c);
  }

  #stage(c: number): void {
    this.#staged[c] = 1;
    this.#storeOf(c).sumStaged?.(c);
    this.#stagedCount++;
    if (this.#stagedCount === this.#chunks) this.#finish();
  }

  #finish(): void {
    this.#running = false;
    this.#options.onStaged();
  }

  #storeOf(c: number): ChunkStore {
    if (this.#store === undefined) throw new Error(`no step has been begun, so chunk ${c} has no store`);
    return this.#store;
  }

  #resize(chunks: number): void {
    if (chunks !== this.#chunks) {
      this.#chunks = chunks;
      this.#encoded = new Uint8Array(chunks);
      this.#staged = new Uint8Array(chunks);
      this.#received = new Uint32Array(chunks);
      this.#contributed = new Uint8Array(chunks * this.#options.members);
    } else {
      this.#encoded.fill(0);
      this.#staged.fill(0);
      this.#received.fill(0);
      this.#contributed.fill(0);
    }
    this.#stagedCount = 0;
  }
}

/** The bytes are where they belong, but nothing counts them as arrived. */
function refuseFaulty(fault: string | undefined): void {
  if (fault !== undefined) throw new FrameError('payload', fault);
}
