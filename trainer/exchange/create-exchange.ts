import { randomUUID } from 'node:crypto';
import { formatAddress } from '../wire/address.ts';
import { countedMethod } from '../wire/counted-method.ts';
import type { Listener } from '../wire/listener.ts';
import { barrierMethod } from '../wire/messages.ts';
import type { JoinRequest } from '../wire/messages.ts';
import { writeScope } from '../wire/metadata.ts';
import { COORDINATOR } from './coordination.ts';
import { Endpoint } from './endpoint.ts';
import { ExchangeClosedError, ExchangeError, FencedError, PeerFaultError } from './errors.ts';
import type {
  BarrierContribution,
  BarrierOutcome,
  Exchange,
  ExchangeOptions,
  JoinState,
  Membership,
  Observer,
  StepExchange,
  Waiting,
} from './exchange.ts';
import type { Staffing } from './formation.ts';
import { Generation } from './generation.ts';
import { observe, whoTrains } from './observe.ts';
import { serveControl, serveCoordinator, serveExchange } from './services.ts';
import type { ProgressRequest } from '../wire/progress.ts';
import { Traffic } from './traffic.ts';

/** How long `close` lets streams end by themselves. */
const CLOSE_GRACE_MS = 500;

export function createExchange(options: ExchangeOptions): Exchange {
  return new ExchangeNode(options);
}

/** What of a member outlives its generations: the listener, the counters, and what it knows of attempts. */
class ExchangeNode implements Exchange {
  readonly counters: Traffic;
  readonly #options: ExchangeOptions;
  readonly #endpoint: Endpoint;
  /** Tells this process from another that claims the same rank and attempt. */
  readonly #instance = randomUUID();
  readonly #staffing: Staffing;
  readonly #closed = new AbortController();
  #listening: Promise<Listener> | undefined;
  #generation: Generation | undefined;
  #generationSeen = 0;
  /** What lies in memory: the state that `form` is told, a part of a peer's, or a peer's as a whole. */
  #inMemory: 'own' | 'torn' | Pick<JoinState, 'step' | 'stateHash'> = 'own';
  #closing: Promise<void> | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#endpoint = new Endpoint(options);
    this.#staffing = { wantedSize: options.replicas, newestAttempts: new Map() };
    this.counters = new Traffic(this.#endpoint.sockets);
  }

  get failure(): AbortSignal {
    return this.#generation?.failure ?? this.#closed.signal;
  }

  get generationSeen(): number {
    return this.#generationSeen;
  }

  get hasOwnState(): boolean {
    return this.#inMemory === 'own';
  }

  get waiting(): Waiting | undefined {
    return this.#generation?.waiting;
  }

  async prepare(): Promise<void> {
    try {
      this.#listening ??= this.#listen();
      await this.#listening;
      if (this.#options.rank !== COORDINATOR) await this.#endpoint.prepareCoordinatorChannel();
    } catch {
      // `form` says it.
    }
  }

  async observe(join: JoinState, observer: Observer, signal: AbortSignal): Promise<void> {
    const { rank, state, attempt, log } = this.#options;
    const request = await this.#requestOf(join);
    const coordinator = this.#endpoint.openCoordinatorChannel();
    const closed = AbortSignal.any([signal, this.#closed.signal]);
    try {
      const membership = await whoTrains(coordinator, this.#endpoint.metadata(), this.#endpoint.clock);
      // With an older attempt of itself among them, the generation is at its end anyway.
      if (membership === undefined || membership.members.some((member) => member.rank === rank)) return;
      const { generation } = membership;
      log?.('info', 'follows the others until it has caught up', { generation });
      const observed = await observe(coordinator, membership, {
        clock: this.#endpoint.clock,
        request,
        state,
        observer,
        openChannel: (to, address) => this.#endpoint.openChannel(to, address),
        metadata: (of) => {
          const metadata = this.#endpoint.metadata();
          if (of !== undefined) writeScope(metadata, { generation: of, attempt });
          return metadata;
        },
        onBroken: (reason) => log?.('warn', 'cannot follow the others any more', { generation, reason }),
        signal: closed,
      });
      if (observed === 'torn') this.#inMemory = 'torn';
    } finally {
      coordinator.close();
    }
    if (closed.aborted) throw new ExchangeClosedError('the call was aborted', { cause: closed.reason });
  }

  async form(join: JoinState, signal: AbortSignal): Promise<Membership> {
    const { attempt, formationSeconds, recoverySeconds } = this.#options;
    const isFirst = this.#generation === undefined && attempt === 1;
    this.#generation?.close();
    const generation = new Generation({
      exchange: this.#options,
      endpoint: this.#endpoint,
      traffic: this.counters,
      request: await this.#requestOf(join),
      formationMs: (isFirst ? formationSeconds : Math.max(formationSeconds, recoverySeconds)) * 1000,
      staffing: this.#staffing,
      onCopy: (copied) => (this.#inMemory = copied ?? 'torn'),
    });
    this.#generation = generation;
    const membership = await generation.form(signal);
    this.#generationSeen = membership.generation;
    const restored = !this.hasOwnState;
    this.#inMemory = 'own';
    return { ...membership, restored };
  }

  barrier(contribution: BarrierContribution, signal: AbortSignal): Promise<BarrierOutcome> {
    return this.#running.barrier(contribution, signal);
  }

  openStep(step: number, prepare: Parameters<Exchange['openStep']>[1]): Pick<StepExchange, 'chunkEncoded'> {
    return this.#running.openStep(step, prepare);
  }

  beginStep(step: number, store: Parameters<Exchange['beginStep']>[1]): StepExchange {
    return this.#running.beginStep(step, store);
  }

  abandon({ step, message }: { readonly step: number; readonly message: string }): ExchangeError {
    const { rank } = this.#options;
    return this.#running.fail(new PeerFaultError({ rank, step, reason: 'damaged', message }, rank));
  }

  get finalHashes(): readonly string[] | undefined {
    return this.#generation?.finalHashes;
  }

  finish(finalHash: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#running.finish(finalHash, signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What this member says of itself; its listener is open then. */
  async #requestOf(join: JoinState): Promise<JoinRequest> {
    const { rank, attempt, replicas, advertiseHost } = this.#options;
    this.#listening ??= this.#listen();
    const { port } = await this.#listening;
    if (this.#closing !== undefined) throw new ExchangeClosedError('it ended while the job was forming');
    this.#generationSeen = Math.max(this.#generationSeen, join.generationSeen ?? 0);
    return {
      rank,
      attempt,
      replicas,
      instance: this.#instance,
      address: formatAddress({ host: advertiseHost, port }),
      generationSeen: this.#generationSeen,
      signature: join.signature,
      ...this.#claim(join),
    };
  }

  /** The state that this member can say it has. */
  #claim({ step, stateHash }: JoinState): Pick<JoinState, 'step' | 'stateHash'> {
    if (this.#inMemory === 'own') return { step, stateHash };
    return this.#inMemory === 'torn' ? { step: 0, stateHash: '' } : this.#inMemory;
  }

  get #running(): Generation {
    if (this.#generation === undefined) throw new Error('form was not called');
    return this.#generation;
  }

  async #listen(): Promise<Listener> {
    const { rank, job, onProgress } = this.#options;
    this.#endpoint.checkIdentity();
    const listener = await this.#endpoint.listen();
    serveExchange(
      listener,
      job,
      (push) => {
        if (this.#generation === undefined) push.refuse('there is no generation');
        else this.#generation.adopt(push);
      },
      (peer, scope) => this.#generation?.stateFor(peer, scope) ?? 'there is no generation',
      (scope, call) =>
        this.#generation === undefined ? 'there is no generation' : this.#generation.follow(scope, call),
    );
    if (rank !== COORDINATOR) return listener;
    const barrier = countedMethod(barrierMethod, this.counters.barrierMessages);
    serveCoordinator(listener, job, () => this.#generation?.coordinator, barrier, this.#options.attempt);
    if (onProgress !== undefined) {
      serveControl(listener, (request) => {
        this.#heed(request);
        return onProgress(request);
      });
    }
    return listener;
  }

  /** The operator says how many workers there should be, and which attempts it has started. */
  #heed({ wantedSize, attempts }: ProgressRequest): void {
    const { elastic, rank, attempt: ownAttempt } = this.#options;
    const { newestAttempts } = this.#staffing;
    if (elastic !== undefined && wantedSize >= elastic.minReplicas && wantedSize <= elastic.maxReplicas) {
      this.#staffing.wantedSize = wantedSize;
    }
    for (const { rank: of, attempt } of attempts) {
      newestAttempts.set(of, Math.max(attempt, newestAttempts.get(of) ?? 0));
    }
    const newest = newestAttempts.get(rank) ?? ownAttempt;
    if (newest > ownAttempt) {
      this.#generation?.fail(new FencedError(rank, ownAttempt, `attempt ${newest} has started`));
    } else {
      this.#generation?.coordinator?.reconsider();
    }
  }

  async #close(): Promise<void> {
    this.#closed.abort(new ExchangeClosedError('close was called'));
    this.#generation?.close();
    this.#endpoint.close();
    const listener = await this.#listening?.catch((error: unknown) => {
      // Whoever called `form` has it.
      if (error instanceof ExchangeError) return undefined;
      throw error;
    });
    await listener?.close(CLOSE_GRACE_MS);
  }
}
