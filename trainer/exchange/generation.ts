import type { Metadata } from '@grpc/grpc-js';
import type { JoinRequest } from '../wire/messages.ts';
import { writeScope } from '../wire/metadata.ts';
import type { StreamScope } from '../wire/metadata.ts';
import { asExchangeError } from './abort.ts';
import type { ChunkStore } from './chunk-store.ts';
import type { Clock, Timer } from './clock.ts';
import type { Coordinator } from './coordinator.ts';
import { COORDINATOR, defer } from './coordination.ts';
import type { Coordination, CoordinationEvents, Deferred } from './coordination.ts';
import type { Endpoint } from './endpoint.ts';
import { ExchangeClosedError, PeerLostError } from './errors.ts';
import type { ExchangeError, ExchangePhase } from './errors.ts';
import type {
  BarrierContribution,
  BarrierOutcome,
  ExchangeOptions,
  Membership,
  StepExchange,
  Waiting,
} from './exchange.ts';
import { EarlyPushes } from './early-pushes.ts';
import type { Staffing } from './formation.ts';
import { membershipOf } from './membership-of.ts';
import { Mesh } from './mesh.ts';
import { openCoordination } from './open-coordination.ts';
import type { OpenCoordination } from './open-coordination.ts';
import type { InboundPush } from './services.ts';
import { Observers } from './observers.ts';
import type { ObserveCall } from './observers.ts';
import type { StateMemory } from './state-memory.ts';
import { copyState } from './state-transfer.ts';
import type { Traffic } from './traffic.ts';
import { Wait } from './wait.ts';

/** Rank 0 knows best who is late: the others give it this much time to say so. */
const BLAME_SLACK_MS = 2000;
/** When a stream breaks, the reason may be on its way from rank 0. */
const LOSS_GRACE_MS = 200;

export interface GenerationOptions {
  readonly exchange: ExchangeOptions;
  readonly endpoint: Endpoint;
  readonly traffic: Traffic;
  /** What this member says of itself. */
  readonly request: JoinRequest;
  /** How long `form` waits. */
  readonly formationMs: number;
  readonly staffing: Staffing;
  /** The state is about to be overwritten (`undefined`), and is whole again. */
  readonly onCopy: (copied: { readonly step: number; readonly stateHash: string } | undefined) => void;
}

type State = 'new' | 'forming' | 'training' | 'finishing' | 'over' | 'failed';

/**
 * One generation as one of its members lives it: from the wish to join to the first error, the last step, or the border
 * at which the membership changes. The listener and the counters outlive it.
 */
export class Generation {
  readonly #options: GenerationOptions;
  readonly #failure = new AbortController();
  readonly #wait: Wait;
  readonly #coordination: Coordination;
  readonly #control: OpenCoordination;
  readonly #formingSinceMs: number;
  readonly #early = new EarlyPushes();
  #state: State = 'new';
  #membership: Membership | undefined;
  #mesh: Mesh | undefined;
  #observers: Observers | undefined;
  /** Of the running step. */
  #scalers: Float32Array = new Float32Array();
  #staged: Deferred<void> | undefined;
  /** The step that was begun ahead of its barrier last. */
  #opened: number | undefined;
  #step: number;
  #phase: ExchangePhase = 'formation';
  #phaseStart: number;
  #lossTimer: Timer | undefined;

  constructor(options: GenerationOptions) {
    const { clock } = options.endpoint;
    this.#options = options;
    this.#wait = new Wait(clock);
    this.#formingSinceMs = clock.unixMs();
    this.#phaseStart = clock.monotonicMs();
    this.#step = options.request.step;
    this.#control = openCoordination(options, this.#coordinationEvents());
    this.#coordination = this.#control.coordination;
  }

  /** Where this member is rank 0. */
  get coordinator(): Coordinator | undefined {
    return this.#control.coordinator;
  }

  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** Whom `form` waits for while it does. */
  get waiting(): Waiting | undefined {
    if (this.#state !== 'forming') return undefined;
    const { ranks, detail = '' } = this.#unformed();
    return { ranks, reason: detail, sinceMs: this.#formingSinceMs };
  }

  async form(signal: AbortSignal): Promise<Membership> {
    this.#state = 'forming';
    this.#enter('formation');
    const { exchange, formationMs } = this.#options;
    const deadlineMs = formationMs + (exchange.rank === COORDINATOR ? 0 : BLAME_SLACK_MS);
    return this.#call(this.#form(), deadlineMs, () => this.#unformed(), signal);
  }

  async barrier(contribution: BarrierContribution, signal: AbortSignal): Promise<BarrierOutcome> {
    const { coordination, mesh } = this.#running('barrier');
    this.#step = contribution.step;
    this.#enter('barrier');
    mesh.awaitStep(contribution.step);
    const { step, stateHash } = contribution;
    const work = coordination.barrier(contribution).then((outcome) => {
      this.#scalers = outcome.scalers;
      if (outcome.ends) {
        // Streams that end from here on are no losses.
        this.#state = 'over';
        this.#observers?.border(step, stateHash);
      } else this.#observers?.atBarrier(step, stateHash);
      return outcome;
    });
    return this.#call(
      work,
      this.#stepDeadlineMs + BLAME_SLACK_MS,
      () => this.#waitingForCoordination(),
      signal,
    );
  }

  openStep(step: number, prepare: () => ChunkStore): Pick<StepExchange, 'chunkEncoded'> {
    const mesh = this.#mesh;
    // What ended the generation is said at its next call.
    if (this.#state !== 'training' || mesh === undefined) return { chunkEncoded: () => undefined };
    this.#opened = step;
    this.#staged = defer();
    this.#guard(() => mesh.openStep(step, prepare));
    return { chunkEncoded: (c) => this.#chunkEncoded(mesh, c) };
  }

  beginStep(step: number, store: ChunkStore): StepExchange {
    const { mesh } = this.#running('beginStep');
    this.#enter('push');
    if (this.#staged === undefined || this.#opened !== step) this.#staged = defer();
    const allStaged = this.#staged.promise.then(() => this.#observers?.staged(step, this.#scalers, store));
    const staged = this.#call(allStaged, this.#stepDeadlineMs, () => mesh.missing());
    // The caller may look at it only after the last chunk is encoded.
    staged.catch(() => undefined);
    this.#guard(() => mesh.beginStep(step, store));
    return { chunkEncoded: (c) => this.#chunkEncoded(mesh, c), staged };
  }

  async finish(finalHash: string, signal: AbortSignal): Promise<readonly string[]> {
    const { coordination } = this.#running('finish');
    this.#state = 'finishing';
    this.#enter('finish');
    const work = coordination.finish(finalHash).then((hashes) => {
      this.#state = 'over';
      return hashes;
    });
    return this.#call(
      work,
      this.#stepDeadlineMs + BLAME_SLACK_MS,
      () => this.#waitingForCoordination(),
      signal,
    );
  }

  /** Of all members, equal, once this member knows them. */
  get finalHashes(): readonly string[] | undefined {
    return this.#coordination.finalHashes;
  }

  /** Ends all streams: after what is queued when the generation is over by agreement, else at once. */
  close(): void {
    const orderly = this.#state === 'over';
    if (!orderly) this.#fail(new ExchangeClosedError('close was called before the end'));
    this.#state = orderly ? 'over' : 'failed';
    this.#lossTimer?.cancel();
    for (const push of this.#early.take()) push.refuse('this worker leaves the generation');
    this.#observers?.close();
    this.#mesh?.close(orderly ? 'end' : 'cancel');
    this.#control.close();
  }

  /** Ends the generation for everyone, for a reason that was seen from outside. Returns the first such reason. */
  fail(error: ExchangeError): ExchangeError {
    return this.#fail(error);
  }

  /** A peer opens its bulk stream to this member. */
  adopt(push: InboundPush): void {
    if (this.#state === 'forming' && this.#mesh === undefined) this.#early.keep(push);
    else if (this.#mesh === undefined) push.refuse('there is no generation');
    else this.#mesh.adopt(push);
  }

  /** The state for a member of this generation that is behind, or why it gets none. */
  stateFor(rank: number, scope: StreamScope): StateMemory | string {
    const member = this.#membership?.members.find((candidate) => candidate.rank === rank);
    if (member?.attempt !== scope.attempt || scope.generation !== this.#membership?.generation) {
      return `rank ${rank} attempt ${scope.attempt} is not in a generation ${scope.generation} that forms here`;
    }
    const isWhole = this.#membership.copiedFrom === undefined;
    return isWhole ? this.#options.exchange.state : 'this worker copies its state itself';
  }

  /** A worker that is not a member wants to follow this one. Returns why it may not. */
  follow({ generation }: StreamScope, call: ObserveCall): string | undefined {
    if (this.#state !== 'training' || generation !== this.#membership?.generation) {
      return `no generation ${generation} trains here`;
    }
    if (call.request.signature !== this.#options.request.signature) return 'it has another model or settings';
    this.#observers ??= new Observers(this.#options.exchange.state, this.#membership.members.length);
    this.#observers.add(call);
    return undefined;
  }

  async #form(): Promise<Membership> {
    const { exchange, request } = this.#options;
    const message = await this.#coordination.join(request);
    this.#checkForming();
    const membership = membershipOf(message, request, exchange);
    this.#membership = membership;
    this.#mesh = this.#createMesh(membership);
    for (const push of this.#early.take()) this.#mesh.adopt(push);
    await this.#catchUp(membership);
    this.#checkForming();
    this.#step = membership.step;
    await Promise.all([this.#coordination.connect(message), this.#mesh.connect()]);
    this.#state = 'training';
    exchange.log?.('info', 'formed', {
      generation: membership.generation,
      members: membership.members.length,
      step: membership.step,
      ...(membership.copiedFrom !== undefined && { stateCopiedFrom: membership.copiedFrom }),
    });
    return membership;
  }

  /** Nobody's weights change before all members have contributed to the first step, so the source's state stays as it is. */
  async #catchUp({ copiedFrom, members, generation, step, stateHash }: Membership): Promise<void> {
    const { endpoint, exchange, onCopy } = this.#options;
    const source = members.find(({ rank }) => rank === copiedFrom);
    if (source === undefined) return;
    onCopy(undefined);
    await copyState({
      clock: endpoint.clock,
      sourceRank: source.rank,
      state: exchange.state,
      openChannel: () => endpoint.openChannel(source.rank, source.address),
      metadata: () => this.#scope({ generation, attempt: exchange.attempt }),
      signal: this.#failure.signal,
    });
    onCopy({ step, stateHash });
  }

  #scope(scope: StreamScope): Metadata {
    const metadata = this.#options.endpoint.metadata();
    writeScope(metadata, scope);
    return metadata;
  }

  #coordinationEvents(): CoordinationEvents {
    return {
      onAbort: (error) => this.#fail(error),
      onLost: (rank, detail) => this.#lost(rank, detail),
    };
  }

  #createMesh(membership: Membership): Mesh {
    const { exchange, endpoint, traffic } = this.#options;
    return new Mesh({
      membership,
      maxPayloadBytes: exchange.maxPayloadBytes,
      ahead: exchange.ahead ?? false,
      clock: endpoint.clock,
      traffic,
      openChannel: (member) => endpoint.openChannel(member.rank, member.address),
      metadata: () => endpoint.metadata(),
      onStaged: () => this.#staged?.resolve(),
      onLost: (rank, detail) => {
        // Who has the final hashes may end its bulk streams; only rank 0 is still needed then.
        if (this.#state !== 'finishing') this.#lost(rank, detail);
      },
      onError: (error) => this.#fail(error),
    });
  }

  #chunkEncoded(mesh: Mesh, c: number): void {
    if (this.#state === 'training') this.#guard(() => mesh.chunkEncoded(c));
  }

  /** Runs work in which the store or the caller may throw: such an error ends the exchange like any other. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Waits for a call's work; what rejects it, or ends the wait, is the failure of the whole exchange. */
  async #call<Value>(
    work: Promise<Value>,
    deadlineMs: number,
    missing: () => Missing,
    signal?: AbortSignal,
  ): Promise<Value> {
    try {
      return await this.#wait.until(work, {
        deadlineMs,
        onDeadline: (waitedMs) => this.#fail(this.#late(missing(), waitedMs)),
        ...(signal === undefined ? {} : { signal }),
        onAbort: (reason) => this.#fail(new ExchangeClosedError('the call was aborted', { cause: reason })),
      });
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#enter('barrier');
    }
  }

  #late(missing: Missing, waitedMs: number): PeerLostError {
    const { phase, ranks, detail } = missing;
    const explained =
      detail === undefined || detail === '' ? 'the deadline passed' : `the deadline passed: ${detail}`;
    return new PeerLostError({
      ranks,
      phase: phase ?? this.#phase,
      waitedMs,
      detail: explained,
      isFinal: this.#state === 'forming',
    });
  }

  #unformed(): Missing {
    if (this.#mesh !== undefined) {
      const { ranks, detail } = this.#mesh.unconnected();
      if (ranks.length > 0) return { ranks, detail };
    }
    return this.#waitingForCoordination();
  }

  #waitingForCoordination(): Missing {
    return { ranks: this.#coordination.waitingFor(), detail: this.#coordination.explain() };
  }

  /** A stream to or from that rank broke. Why may be on its way from rank 0, so wait a moment before blaming it. */
  #lost(rank: number, detail: string): void {
    if (this.#lossTimer !== undefined || this.#isOver()) return;
    const phase = this.#phase === 'push' ? this.#mesh?.missing().phase : this.#phase;
    const error = new PeerLostError({
      ranks: [rank],
      phase: phase ?? this.#phase,
      waitedMs: this.#clock.monotonicMs() - this.#phaseStart,
      detail,
    });
    this.#lossTimer = this.#clock.after(LOSS_GRACE_MS, () => this.#fail(error));
  }

  /** The first failure is the one that counts; returns it. */
  #fail(reason: unknown): ExchangeError {
    const failed = this.#failure.signal;
    if (failed.aborted) return asExchangeError(failed.reason, this.#options.exchange.rank, this.#step);
    const error = asExchangeError(reason, this.#options.exchange.rank, this.#step);
    if (this.#isOver()) return error;
    this.#state = 'failed';
    this.#lossTimer?.cancel();
    this.#coordination.abort(error);
    this.#failure.abort(error);
    this.#wait.fail(error);
    return error;
  }

  /** The wait may have ended while something was on its way; then nothing new may be opened. */
  #checkForming(): void {
    if (this.#state !== 'forming') throw new ExchangeClosedError('it ended while the job was forming');
  }

  #isOver(): boolean {
    return this.#state === 'failed' || this.#state === 'over';
  }

  #running(call: string): { readonly coordination: Coordination; readonly mesh: Mesh } {
    if (this.#failure.signal.aborted) throw this.#fail(undefined);
    if (this.#state !== 'training' || this.#mesh === undefined) {
      throw new Error(`${call} was called in state ${this.#state}`);
    }
    return { coordination: this.#coordination, mesh: this.#mesh };
  }

  #enter(phase: ExchangePhase): void {
    this.#phase = phase;
    this.#phaseStart = this.#clock.monotonicMs();
  }

  get #clock(): Clock {
    return this.#options.endpoint.clock;
  }

  get #stepDeadlineMs(): number {
    return this.#options.exchange.stepDeadlineSeconds * 1000;
  }
}

/** Whom a wait is for, and what else is known. */
interface Missing {
  readonly ranks: readonly number[];
  readonly phase?: ExchangePhase;
  readonly detail?: string | undefined;
}
