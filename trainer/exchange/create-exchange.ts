import type { Client } from '@grpc/grpc-js';
import { formatAddress } from '../wire/address.ts';
import { countedMethod } from '../wire/counted-method.ts';
import type { Listener } from '../wire/listener.ts';
import { barrierMethod } from '../wire/messages.ts';
import type { JoinRequest, MembershipMessage } from '../wire/messages.ts';
import { asExchangeError } from './abort.ts';
import type { ChunkStore } from './chunk-store.ts';
import { Coordinator } from './coordinator.ts';
import { COORDINATOR, defer } from './coordination.ts';
import type { Coordination, CoordinationEvents, Deferred } from './coordination.ts';
import { Endpoint } from './endpoint.ts';
import { ExchangeClosedError, FencedError, HandshakeError, PeerLostError } from './errors.ts';
import type { ExchangeError, ExchangePhase } from './errors.ts';
import type {
  BarrierContribution,
  BarrierOutcome,
  Exchange,
  ExchangeOptions,
  JoinState,
  Membership,
  StepExchange,
} from './exchange.ts';
import { Mesh } from './mesh.ts';
import { RemoteCoordination } from './remote-coordination.ts';
import { serveControl, serveCoordinator, servePush } from './services.ts';
import type { InboundPush } from './services.ts';
import { Traffic } from './traffic.ts';
import { Wait } from './wait.ts';

/** Rank 0 knows best who is late: the others give it this much time to say so. */
const BLAME_SLACK_MS = 2000;
/** When a stream breaks, the reason may be on its way from rank 0. */
const LOSS_GRACE_MS = 200;
/** How long `close` lets streams end by themselves. */
const CLOSE_GRACE_MS = 500;

export function createExchange(options: ExchangeOptions): Exchange {
  return new ExchangeNode(options);
}

type State = 'new' | 'forming' | 'training' | 'finishing' | 'finished' | 'failed' | 'closed';

class ExchangeNode implements Exchange {
  readonly counters: Traffic;
  readonly #options: ExchangeOptions;
  readonly #endpoint: Endpoint;
  readonly #failure = new AbortController();
  readonly #wait = new Wait();
  /** Push streams of peers that know the membership before we do; one per rank. */
  readonly #early = new Map<number, InboundPush>();
  #state: State = 'new';
  #listener: Listener | undefined;
  #coordinatorClient: Client | undefined;
  #coordination: Coordination | undefined;
  #mesh: Mesh | undefined;
  #staged: Deferred<void> | undefined;
  #step = 0;
  #phase: ExchangePhase = 'formation';
  #phaseStart = 0;
  #lossTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#endpoint = new Endpoint(options);
    this.counters = new Traffic(this.#endpoint.sockets);
  }

  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  async form(join: JoinState, signal: AbortSignal): Promise<Membership> {
    if (this.#state !== 'new') throw new Error(`form was called in state ${this.#state}`);
    this.#state = 'forming';
    this.#step = join.step;
    this.#enter('formation');
    const { formationSeconds, rank } = this.#options;
    const deadlineMs = formationSeconds * 1000 + (rank === COORDINATOR ? 0 : BLAME_SLACK_MS);
    return this.#call(this.#form(join), deadlineMs, () => this.#unformed(), signal);
  }

  async barrier(contribution: BarrierContribution, signal: AbortSignal): Promise<BarrierOutcome> {
    const { coordination, mesh } = this.#running('barrier');
    this.#step = contribution.step;
    this.#enter('barrier');
    mesh.awaitStep(contribution.step);
    const work = coordination.barrier(contribution);
    return this.#call(
      work,
      this.#stepDeadlineMs + BLAME_SLACK_MS,
      () => this.#waitingForCoordination(),
      signal,
    );
  }

  beginStep(step: number, store: ChunkStore): StepExchange {
    const { mesh } = this.#running('beginStep');
    this.#enter('push');
    this.#staged = defer();
    const staged = this.#call(this.#staged.promise, this.#stepDeadlineMs, () => mesh.missing());
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
      this.#state = 'finished';
      return hashes;
    });
    return this.#call(
      work,
      this.#stepDeadlineMs + BLAME_SLACK_MS,
      () => this.#waitingForCoordination(),
      signal,
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #form(join: JoinState): Promise<Membership> {
    const { rank, attempt, replicas, job, log } = this.#options;
    this.#endpoint.checkIdentity();
    const listener = await this.#endpoint.listen();
    this.#listener = listener;
    if (this.#isOver()) await listener.close(0);
    this.#checkForming();
    servePush(listener, job, (push) => this.#adopt(push));
    this.#coordination = rank === COORDINATOR ? this.#becomeCoordinator(listener) : this.#reachCoordinator();
    const { advertiseHost } = this.#options;
    const request: JoinRequest = {
      rank,
      attempt,
      replicas,
      address: formatAddress({ host: advertiseHost, port: listener.port }),
      generationSeen: join.generationSeen ?? 0,
      step: join.step,
      signature: join.signature,
      stateHash: join.stateHash,
    };
    const message = await this.#coordination.join(request);
    this.#checkForming();
    const membership = this.#checkMembership(message);
    this.#mesh = this.#createMesh(membership);
    for (const push of this.#early.values()) this.#mesh.adopt(push);
    this.#early.clear();
    await Promise.all([this.#coordination.connect(message), this.#mesh.connect()]);
    this.#state = 'training';
    log?.('info', 'formed', { generation: membership.generation, members: membership.members.length });
    return membership;
  }

  #becomeCoordinator(listener: Listener): Coordinator {
    const { replicas, scaler, job, onProgress, log } = this.#options;
    const coordinator = new Coordinator({
      replicas,
      scaler,
      stepDeadlineMs: this.#stepDeadlineMs,
      events: this.#coordinationEvents(),
      onRefused: (refused, reason) => log?.('warn', 'refused a worker', { refused, reason }),
    });
    serveCoordinator(listener, job, coordinator, countedMethod(barrierMethod, this.counters.barrierMessages));
    if (onProgress !== undefined) serveControl(listener, onProgress);
    return coordinator;
  }

  #reachCoordinator(): RemoteCoordination {
    const { rank, attempt, coordinatorAddress } = this.#options;
    const client = this.#endpoint.openChannel(COORDINATOR, coordinatorAddress);
    this.#coordinatorClient = client;
    return new RemoteCoordination({
      rank,
      attempt,
      client,
      barrierMethod: countedMethod(barrierMethod, this.counters.barrierMessages),
      metadata: () => this.#endpoint.metadata(),
      events: this.#coordinationEvents(),
    });
  }

  #coordinationEvents(): CoordinationEvents {
    return {
      onAbort: (error) => this.#fail(error),
      onLost: (rank, detail) => this.#lost(rank, detail),
    };
  }

  #checkMembership(message: MembershipMessage): Membership {
    const { rank, attempt, replicas } = this.#options;
    const { generation, members } = message;
    const complete = members.length === replicas && members.every((member, index) => member.rank === index);
    if (!complete)
      throw new HandshakeError('replicas', `rank 0 sent a membership of ${members.length} for ${replicas}`);
    if (members[rank]?.attempt !== attempt) {
      throw new FencedError(rank, attempt, `attempt ${members[rank]?.attempt} is the member`);
    }
    return { generation, members, selfIndex: rank };
  }

  #createMesh(membership: Membership): Mesh {
    return new Mesh({
      membership,
      maxPayloadBytes: this.#options.maxPayloadBytes,
      traffic: this.counters,
      openChannel: (member) => this.#endpoint.openChannel(member.rank, member.address),
      metadata: () => this.#endpoint.metadata(),
      onStaged: () => this.#staged?.resolve(),
      onLost: (rank, detail) => {
        // Who has the final hashes may end its bulk streams; only rank 0 is still needed then.
        if (this.#state !== 'finishing') this.#lost(rank, detail);
      },
      onError: (error) => this.#fail(error),
    });
  }

  #adopt(push: InboundPush): void {
    if (this.#state === 'forming' && this.#mesh === undefined) {
      this.#early.get(push.rank)?.refuse('a newer stream of this rank has come');
      this.#early.set(push.rank, push);
    } else if (this.#mesh === undefined) {
      push.refuse('there is no generation');
    } else {
      this.#mesh.adopt(push);
    }
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
    return new PeerLostError({ ranks, phase: phase ?? this.#phase, waitedMs, detail: explained });
  }

  #unformed(): Missing {
    if (this.#mesh !== undefined) {
      const { ranks, detail } = this.#mesh.unconnected();
      if (ranks.length > 0) return { ranks, detail };
    }
    return this.#waitingForCoordination();
  }

  #waitingForCoordination(): Missing {
    const ranks = this.#coordination?.waitingFor() ?? [COORDINATOR];
    return { ranks, detail: this.#coordination?.explain() };
  }

  /** A stream to or from that rank broke. Why may be on its way from rank 0, so wait a moment before blaming it. */
  #lost(rank: number, detail: string): void {
    if (this.#lossTimer !== undefined || this.#isOver()) return;
    const phase = this.#phase === 'push' ? this.#mesh?.missing().phase : this.#phase;
    const error = new PeerLostError({
      ranks: [rank],
      phase: phase ?? this.#phase,
      waitedMs: performance.now() - this.#phaseStart,
      detail,
    });
    this.#lossTimer = setTimeout(() => this.#fail(error), LOSS_GRACE_MS);
  }

  /** The first failure is the one that counts; returns it. */
  #fail(reason: unknown): ExchangeError {
    const failed = this.#failure.signal;
    if (failed.aborted) return asExchangeError(failed.reason, this.#options.rank, this.#step);
    const error = asExchangeError(reason, this.#options.rank, this.#step);
    if (this.#isOver()) return error;
    this.#state = 'failed';
    clearTimeout(this.#lossTimer);
    // Who closes it, or aborts a call, knows why, and says that.
    if (!(error instanceof ExchangeClosedError))
      this.#options.log?.('error', 'the exchange failed', { code: error.code, reason: error.message });
    this.#coordination?.abort(error);
    this.#failure.abort(error);
    this.#wait.fail(error);
    return error;
  }

  /** The wait may have ended while something was on its way; then nothing new may be opened. */
  #checkForming(): void {
    if (this.#state !== 'forming') throw new ExchangeClosedError('it ended while the job was forming');
  }

  #isOver(): boolean {
    return this.#state === 'failed' || this.#state === 'finished' || this.#state === 'closed';
  }

  #running(call: string): { readonly coordination: Coordination; readonly mesh: Mesh } {
    if (this.#failure.signal.aborted) throw this.#fail(undefined);
    if (this.#state !== 'training' || this.#coordination === undefined || this.#mesh === undefined) {
      throw new Error(`${call} was called in state ${this.#state}`);
    }
    return { coordination: this.#coordination, mesh: this.#mesh };
  }

  #enter(phase: ExchangePhase): void {
    this.#phase = phase;
    this.#phaseStart = performance.now();
  }

  async #close(): Promise<void> {
    const orderly = this.#state === 'finished';
    if (!orderly) this.#fail(new ExchangeClosedError('close was called before the end'));
    this.#state = 'closed';
    clearTimeout(this.#lossTimer);
    for (const push of this.#early.values()) push.refuse('this worker is closing');
    this.#mesh?.close(orderly ? 'end' : 'cancel');
    this.#coordination?.close();
    this.#coordinatorClient?.close();
    await this.#listener?.close(CLOSE_GRACE_MS);
  }

  get #stepDeadlineMs(): number {
    return this.#options.stepDeadlineSeconds * 1000;
  }
}

/** Whom a wait is for, and what else is known. */
interface Missing {
  readonly ranks: readonly number[];
  readonly phase?: ExchangePhase;
  readonly detail?: string | undefined;
}
