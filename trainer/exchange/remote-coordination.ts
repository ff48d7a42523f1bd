import { status } from '@grpc/grpc-js';
import type {
  Metadata,
  ClientDuplexStream,
  ClientReadableStream,
  MethodDefinition,
  ServiceError,
} from '@grpc/grpc-js';
import type { Channel } from '../wire/channel.ts';
import { joinMethod } from '../wire/messages.ts';
import type {
  CoordinatorMessage,
  JoinReply,
  JoinRequest,
  MemberMessage,
  MembershipMessage,
} from '../wire/messages.ts';
import { REFUSED_FIELD, single, writeScope } from '../wire/metadata.ts';
import { abortToError, asField, errorToAbort } from './abort.ts';
import { decodeOutcome, encodeContribution } from './barrier-messages.ts';
import type { Clock, Timer } from './clock.ts';
import { COORDINATOR, defer } from './coordination.ts';
import type { Coordination, CoordinationEvents, Deferred } from './coordination.ts';
import { BadFrameError, FencedError, HandshakeError } from './errors.ts';
import type { ExchangeError } from './errors.ts';
import type { BarrierContribution, BarrierOutcome } from './exchange.ts';
import { JoinFailures } from './join-failures.ts';

export interface RemoteCoordinationOptions {
  readonly clock: Clock;
  readonly rank: number;
  readonly attempt: number;
  readonly client: Channel;
  readonly barrierMethod: MethodDefinition<MemberMessage, CoordinatorMessage>;
  /** Fresh metadata for a call: the claimed identity where TLS is off. */
  readonly metadata: () => Metadata;
  readonly events: CoordinationEvents;
}

const RETRY_MS = 100;

/** Coordination of every rank but 0: two streams to rank 0, on a connection of their own. */
export class RemoteCoordination implements Coordination {
  readonly #options: RemoteCoordinationOptions;
  readonly #joining = defer<MembershipMessage>();
  readonly #failures = new JoinFailures();
  #joinCall: ClientReadableStream<JoinReply> | undefined;
  #barrierCall: ClientDuplexStream<MemberMessage, CoordinatorMessage> | undefined;
  #retryTimer: Timer | undefined;
  #membership: MembershipMessage | undefined;
  #waitingFor: readonly number[] = [COORDINATOR];
  #connecting: Deferred<void> | undefined;
  #outcome: Deferred<BarrierOutcome> | undefined;
  #finishing: Deferred<readonly string[]> | undefined;
  #finalHashes: readonly string[] | undefined;
  #coordinatorAttempt: number | undefined;
  #ended = false;

  constructor(options: RemoteCoordinationOptions) {
    this.#options = options;
  }

  join(request: JoinRequest): Promise<MembershipMessage> {
    this.#tryToJoin(request);
    return this.#joining.promise;
  }

  connect(membership: MembershipMessage): Promise<void> {
    const { client, barrierMethod, metadata, attempt } = this.#options;
    this.#connecting = defer();
    const scope = metadata();
    writeScope(scope, { generation: membership.generation, attempt });
    const call = client.makeBidiStreamRequest(
      barrierMethod.path,
      barrierMethod.requestSerialize,
      barrierMethod.responseDeserialize,
      scope,
    );
    this.#barrierCall = call;
    call.on('metadata', () => this.#connecting?.resolve());
    call.on('data', (message: CoordinatorMessage) => this.#receive(message));
    // Where a stream breaks, the error comes before the end.
    call.on('error', (error: ServiceError) => this.#barrierBroke(error.message));
    call.on('end', () => this.#barrierEnded());
    return this.#connecting.promise;
  }

  barrier(contribution: BarrierContribution): Promise<BarrierOutcome> {
    this.#outcome = defer();
    this.#send({ contribution: encodeContribution(contribution) });
    return this.#outcome.promise;
  }

  finish(finalHash: string): Promise<readonly string[]> {
    this.#finishing = defer();
    this.#send({ finish: { finalHash } });
    return this.#finishing.promise;
  }

  get finalHashes(): readonly string[] | undefined {
    return this.#finalHashes;
  }

  abort(error: ExchangeError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#send({ abort: errorToAbort(error, this.#options.rank) });
  }

  /** Of rank 0, as it says itself; `undefined` before it has answered. */
  get coordinatorAttempt(): number | undefined {
    return this.#coordinatorAttempt;
  }

  waitingFor(): readonly number[] {
    return this.#membership === undefined ? this.#waitingFor : [COORDINATOR];
  }

  explain(): string {
    return this.#membership === undefined ? this.#failures.explain() : '';
  }

  close(): void {
    this.#ended = true;
    this.#retryTimer?.cancel();
    this.#barrierCall?.end();
    this.#joinCall?.cancel();
  }

  #tryToJoin(request: JoinRequest): void {
    const { client, metadata } = this.#options;
    const { path, requestSerialize, responseDeserialize } = joinMethod;
    const call = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata(),
    );
    this.#joinCall = call;
    call.on('data', (reply: JoinReply) => this.#onReply(reply));
    call.on('error', (error: ServiceError) => this.#joinEnded(request, error));
    call.on('end', () => undefined);
  }

  #onReply(reply: JoinReply): void {
    if (reply.waiting !== undefined) {
      this.#waitingFor = reply.waiting.ranks;
      this.#coordinatorAttempt = reply.waiting.attempt;
    } else if (reply.membership !== undefined) {
      this.#membership = reply.membership;
      this.#coordinatorAttempt = reply.membership.members.find(({ rank }) => rank === COORDINATOR)?.attempt;
      this.#joining.resolve(reply.membership);
    } else if (reply.abort !== undefined) {
      this.#abortedBy(abortToError(reply.abort, this.#options.rank));
    }
  }

  #joinEnded(request: JoinRequest, error: ServiceError): void {
    if (this.#ended) return;
    if (this.#membership !== undefined) {
      this.#options.events.onLost(COORDINATOR, error.details);
      return;
    }
    const refusal = this.#refusalOf(error);
    if (refusal !== undefined) {
      this.#ended = true;
      this.#joining.reject(refusal);
      return;
    }
    // Not there yet, or not to be found under its name yet.
    this.#failures.add(error.details);
    this.#waitingFor = [COORDINATOR];
    this.#retryTimer = this.#options.clock.after(RETRY_MS, () => this.#tryToJoin(request));
  }

  /** What rank 0 said against this process; `undefined` where trying again may help. */
  #refusalOf(error: ServiceError): ExchangeError | undefined {
    const { rank, attempt } = this.#options;
    if (error.code === status.ABORTED) return new FencedError(rank, attempt, error.details);
    if (error.code !== status.FAILED_PRECONDITION && error.code !== status.PERMISSION_DENIED)
      return undefined;
    const field = asField(single(error.metadata, REFUSED_FIELD) ?? '');
    // The generation is ending; the next one may take us.
    if (field === 'generation') return undefined;
    return new HandshakeError(field, `rank 0 refused rank ${rank}: ${error.details}`, { cause: error });
  }

  #receive(message: CoordinatorMessage): void {
    if (this.#ended) return;
    if (message.generation !== this.#membership?.generation) {
      this.#failed(
        new BadFrameError(COORDINATOR, 'generation', `${message.generation} in a barrier message`),
      );
    } else if (message.outcome !== undefined) {
      this.#receiveOutcome(message.outcome);
    } else if (message.finish !== undefined) {
      this.#finalHashes = message.finish.finalHashes;
      this.#send({ confirm: {} });
    } else if (message.abort !== undefined) {
      this.#abortedBy(abortToError(message.abort, this.#options.rank));
    } else {
      this.#failed(new BadFrameError(COORDINATOR, 'message', 'a barrier message of no known kind'));
    }
  }

  #receiveOutcome(message: NonNullable<CoordinatorMessage['outcome']>): void {
    let outcome: BarrierOutcome;
    try {
      outcome = decodeOutcome(message);
    } catch (error) {
      this.#failed(
        new BadFrameError(COORDINATOR, 'scalers', error instanceof Error ? error.message : String(error)),
      );
      return;
    }
    this.#outcome?.resolve(outcome);
  }

  /** Rank 0 ends the stream in order once every member has confirmed; anything else is a loss. */
  #barrierEnded(): void {
    if (this.#ended) return;
    if (this.#finalHashes === undefined) {
      this.#barrierBroke('the stream ended');
      return;
    }
    this.#ended = true;
    this.#finishing?.resolve(this.#finalHashes);
  }

  #barrierBroke(detail: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.events.onLost(COORDINATOR, detail);
  }

  #abortedBy(error: ExchangeError): void {
    // Nobody has to be told: rank 0 knows.
    this.#ended = true;
    this.#options.events.onAbort(error);
  }

  #failed(error: ExchangeError): void {
    this.#options.events.onAbort(error);
  }

  #send(message: Omit<MemberMessage, 'generation' | 'attempt'>): void {
    const { attempt } = this.#options;
    this.#barrierCall?.write({ generation: this.#membership?.generation ?? 0, attempt, ...message });
  }
}
