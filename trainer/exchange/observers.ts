import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { crc32 } from 'node:zlib';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { privateCopy } from '../copy-bytes.ts';
import type { Observation, ObservedState, ObserveRequest } from '../wire/messages.ts';
import { float32Bytes } from './barrier-messages.ts';
import type { ChunkStore } from './chunk-store.ts';
import type { StateMemory } from './state-memory.ts';
import { PART_BYTES } from './state-transfer.ts';

export type ObserveCall = ServerWritableStream<ObserveRequest, Observation>;

/** An observer may be so far behind, beyond one copy of the state; then it is given up, and joins the slow way. */
const MOST_BACKLOG_BYTES = 256 * 1024 * 1024;

/**
 * The workers that follow this member without being members. Each gets a copy of the state as it is at a barrier, then
 * the sums of every step. Nobody waits for them: what they have not taken yet is kept here.
 *
 * Memory: one copy of the state while an observer has not got it all, and the sums that it is behind.
 */
export class Observers {
  readonly #state: StateMemory;
  readonly #members: number;
  readonly #new: ObserveCall[] = [];
  readonly #following = new Set<Follower>();

  constructor(state: StateMemory, members: number) {
    this.#state = state;
    this.#members = members;
  }

  /** Begins to follow at the next barrier. */
  add(call: ObserveCall): void {
    this.#new.push(call);
  }

  /** All members are at this step. The state in memory is the one before it, until `staged` is called. */
  atBarrier(step: number, stateHash: string): void {
    if (this.#new.length === 0) return;
    const begin: ObservedState = { step, stateHash, members: this.#members };
    const parts = copyOf(this.#state, 0);
    for (const call of this.#new.splice(0)) {
      const follower = new Follower(call, () => this.#following.delete(follower));
      this.#following.add(follower);
      follower.give([word({ begin }), ...parts]);
    }
  }

  /** Every sum of the step lies in the store. */
  staged(step: number, scalers: Float32Array, store: ChunkStore): void {
    if (this.#following.size === 0) return;
    const sums = Array.from({ length: store.chunkCount }, (_, chunk): Item => {
      // The place is used again by the next step.
      const data = privateCopy(store.pullPayload(chunk));
      return { sumBytes: data.length, message: () => ({ sum: { chunk, data, crc: crc32(data) } }) };
    });
    const scalerBytes = float32Bytes(scalers);
    const done: Item = {
      sumBytes: 0,
      message: (upToDate) => ({ step: { step, scalers: scalerBytes, upToDate } }),
    };
    for (const follower of this.#following) follower.give([...sums, done]);
  }

  /** The generation ends before this step, by agreement. */
  border(step: number, stateHash: string): void {
    const parts = copyOf(this.#state, this.#state.ownFrom);
    const border: ObservedState = { step, stateHash, members: this.#members };
    for (const follower of this.#following) follower.end([...parts, word({ border })]);
    this.#following.clear();
  }

  /** The generation is over, and who is still here has not been told why. */
  close(): void {
    for (const call of this.#new.splice(0)) refuse(call, 'the generation is over');
    for (const follower of this.#following) follower.giveUp('the generation is over');
    this.#following.clear();
  }
}

/** Made into a message only when it is sent: the barrier does not wait for checksums. */
interface Item {
  readonly sumBytes: number;
  readonly message: (isNewest: boolean) => Observation;
}

/** One observer, and what it has not taken yet. */
class Follower {
  readonly #call: ObserveCall;
  readonly #gone: Promise<void>;
  #waiting: Item[] = [];
  #waitingBytes = 0;
  #isSending = false;
  #isLast = false;

  constructor(call: ObserveCall, onGone: () => void) {
    this.#call = call;
    this.#gone = new Promise((resolve) => call.once('cancelled', resolve));
    void this.#gone.then(onGone);
  }

  give(items: readonly Item[]): void {
    this.#waiting.push(...items);
    this.#waitingBytes += items.reduce((bytes, { sumBytes }) => bytes + sumBytes, 0);
    if (this.#waitingBytes > MOST_BACKLOG_BYTES) this.giveUp('it is too slow to follow the members');
    else if (!this.#isSending) void this.#send();
  }

  end(items: readonly Item[]): void {
    this.#isLast = true;
    this.give(items);
  }

  giveUp(reason: string): void {
    this.#waiting = [];
    if (!this.#call.cancelled) refuse(this.#call, reason);
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.#call.cancelled) return;
      this.#waitingBytes -= next.sumBytes;
      if (!this.#call.write(next.message(this.#waiting.length === 0)))
        await Promise.race([once(this.#call, 'drain'), this.#gone]);
    }
    this.#isSending = false;
    if (this.#isLast) this.#call.end();
  }
}

function word(observation: Observation): Item {
  return { sumBytes: 0, message: () => observation };
}

/** The state is copied now, as it will change. */
function copyOf(state: StateMemory, from: number): Item[] {
  const items: Item[] = [];
  for (let offset = from; offset < state.bytes;) {
    const at = offset;
    const data = privateCopy(state.view(at, PART_BYTES));
    items.push({ sumBytes: 0, message: () => ({ part: { offset: at, data, crc: crc32(data) } }) });
    offset += data.length;
  }
  return items;
}

function refuse(call: ObserveCall, reason: string): void {
  call.emit('error', { code: status.FAILED_PRECONDITION, details: reason });
}
