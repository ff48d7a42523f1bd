import { crc32 } from 'node:zlib';
import type { ClientReadableStream, Metadata } from '@grpc/grpc-js';
import type { Channel } from '../wire/channel.ts';
import { joinMethod, observeMethod, whoTrainsMethod } from '../wire/messages.ts';
import type {
  JoinReply,
  JoinRequest,
  MembershipMessage,
  Observation,
  ObservedStep,
  ObservedSum,
} from '../wire/messages.ts';
import { copyBytes } from '../copy-bytes.ts';
import { float32Values } from './barrier-messages.ts';
import type { Clock, Timer } from './clock.ts';
import type { ObservedStore, Observer } from './exchange.ts';
import type { StateMemory } from './state-memory.ts';
import { take } from './state-transfer.ts';

/** Rank 0 answers at once, or cannot. */
const ANSWER_MS = 5_000;
/** Rank 0 may not want this rank yet: the operator tells it with its next poll. */
const ASK_AGAIN_MS = 500;

export interface ObserveOptions {
  readonly clock: Clock;
  readonly request: JoinRequest;
  readonly state: StateMemory;
  readonly observer: Observer;
  /** A client on a connection of its own to a member. */
  readonly openChannel: (rank: number, address: string) => Channel;
  /** Fresh metadata: of the call, and with generation and attempt. */
  readonly metadata: (generation?: number) => Metadata;
  /** It ended before the border; for the log. */
  readonly onBroken: (reason: string) => void;
  readonly signal: AbortSignal;
}

/** Who has to wait this long for the next step's first sum has nothing left to catch up with. */
const SHORT_WAIT_MS = 2;
/** Members whose steps are shorter than that are caught up with as far as can be. */
const PATIENCE_STEPS = 50;

/** What lies in memory afterwards: what lay there before, a part of a peer's state, or a peer's whole state. */
export type Observed = 'nothing' | 'torn' | 'whole';

/** The members that train now; `undefined` when none do, or rank 0 cannot be asked. */
export function whoTrains(
  coordinator: Channel,
  metadata: Metadata,
  clock: Clock,
): Promise<MembershipMessage | undefined> {
  const { path, requestSerialize, responseDeserialize } = whoTrainsMethod;
  const deadline = clock.unixMs() + ANSWER_MS;
  return new Promise((resolve) =>
    coordinator.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
      metadata,
      { deadline },
      (_, answer) => resolve(answer),
    ),
  );
}

/**
 * Follows a member until the generation ends at a border, which this asks for once it has caught up. Ends early with
 * whatever it has when something breaks: joining then takes what is missing from a peer, while the others wait.
 */
export async function observe(
  coordinator: Channel,
  membership: MembershipMessage,
  options: ObserveOptions,
): Promise<Observed> {
  const { clock, request, openChannel, metadata, onBroken, signal } = options;
  // Not rank 0, where there is another: it has most to do.
  const source = membership.members.at(-1);
  if (source === undefined) return 'nothing';
  const client = openChannel(source.rank, source.address);
  const { path, requestSerialize, responseDeserialize } = observeMethod;
  const call = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    { signature: request.signature },
    metadata(membership.generation),
  );
  const cancel = (): void => call.cancel();
  signal.addEventListener('abort', cancel);
  const asking = new Asking(coordinator, options);
  const follower = new Follower(options);
  try {
    for (const messages = (call as AsyncIterable<Observation>)[Symbol.asyncIterator](); ;) {
      const message = messages.next();
      if (follower.stepsUpToDate > 0) {
        const isThere = await Promise.race([message.then(() => true), shortWait(clock)]);
        if (!isThere || follower.stepsUpToDate >= PATIENCE_STEPS) asking.begin();
      }
      const { done, value } = await message;
      if (done === true) break;
      await follower.take(value);
    }
  } catch (error) {
    // Whatever it was, joining goes on from what there is.
    onBroken(error instanceof Error ? error.message : String(error));
  } finally {
    signal.removeEventListener('abort', cancel);
    asking.end();
    call.cancel();
    client.close();
  }
  return follower.observed;
}

function shortWait(clock: Clock): Promise<false> {
  return new Promise((resolve) => clock.after(SHORT_WAIT_MS, () => resolve(false)));
}

/** Puts what comes where it belongs. Throws when something is not as it must be. */
class Follower {
  readonly #options: ObserveOptions;
  #begun: { readonly step: number; readonly stateHash: string; readonly members: number } | undefined;
  /** Bytes of the state that are in place. */
  #reached = 0;
  #store: ObservedStore | undefined;
  #step = 0;
  #stateHash = '';
  #nextChunk = 0;
  observed: Observed = 'nothing';
  /** Steps in a row after which the source had nothing more to send. */
  stepsUpToDate = 0;

  constructor(options: ObserveOptions) {
    this.#options = options;
  }

  async take({ begin, part, sum, step, border }: Observation): Promise<void> {
    if (begin != null) this.#begun = begin;
    else if (part != null) await this.#takePart(part);
    else if (sum != null) this.#takeSum(sum);
    else if (step != null) await this.#apply(step);
    else if (border != null) this.#check(border);
  }

  async #takePart(part: NonNullable<Observation['part']>): Promise<void> {
    const { state, observer } = this.#options;
    // After the state as a whole, what no sum determines comes once more.
    if (this.#store !== undefined && this.#reached >= state.bytes) this.#reached = state.ownFrom;
    this.observed = 'torn';
    const complaint = take(state, this.#reached, part);
    if (complaint !== undefined) throw new Error(complaint);
    this.#reached += part.data.length;
    if (this.#reached < state.bytes) return;
    if (this.#store === undefined) {
      if (this.#begun === undefined) throw new Error('a state without its step');
      this.#store = await observer.begin(this.#begun);
      ({ step: this.#step, stateHash: this.#stateHash } = this.#begun);
      this.#store.beginStep(this.#step);
    }
    this.observed = 'whole';
  }

  #takeSum({ chunk, data, crc }: ObservedSum): void {
    const store = this.#store;
    if (store === undefined || chunk !== this.#nextChunk) throw new Error(`sum ${chunk} came out of turn`);
    const place = store.sumPlace(chunk, data.length);
    if (place === undefined || crc32(data) !== crc) throw new Error(`sum ${chunk} is damaged`);
    copyBytes(place, data);
    const fault = store.faultOfSum?.(chunk);
    if (fault !== undefined) throw new Error(fault);
    this.#nextChunk += 1;
  }

  async #apply({ step, scalers, upToDate }: ObservedStep): Promise<void> {
    const store = this.#store;
    if (store === undefined || step !== this.#step || this.#nextChunk !== store.chunkCount) {
      throw new Error(`step ${step} came out of turn`);
    }
    store.sharedScalers.set(float32Values(scalers));
    this.#stateHash = await this.#options.observer.apply(step);
    this.#step += 1;
    this.#nextChunk = 0;
    store.beginStep(this.#step);
    this.stepsUpToDate = upToDate ? this.stepsUpToDate + 1 : 0;
  }

  #check({ step, stateHash }: { readonly step: number; readonly stateHash: string }): void {
    if (step === this.#step && stateHash === this.#stateHash) return;
    this.observed = 'torn';
  }
}

/** Asks rank 0 to take this worker in at the next border, again and again until that is there. */
class Asking {
  readonly #coordinator: Channel;
  readonly #options: ObserveOptions;
  #timer: Timer | undefined;
  #call: ClientReadableStream<JoinReply> | undefined;

  constructor(coordinator: Channel, options: ObserveOptions) {
    this.#coordinator = coordinator;
    this.#options = options;
  }

  begin(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#options.clock.every(ASK_AGAIN_MS, () => this.#ask());
    this.#ask();
  }

  end(): void {
    this.#timer?.cancel();
    this.#call?.cancel();
  }

  #ask(): void {
    const { path, requestSerialize, responseDeserialize } = joinMethod;
    const { request, metadata } = this.#options;
    this.#call?.cancel();
    const call = this.#coordinator.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata(),
    );
    // It is always refused while a generation runs. What else is wrong with this worker it hears when it joins.
    call.on('error', () => undefined);
    call.on('data', () => undefined);
    this.#call = call;
  }
}
