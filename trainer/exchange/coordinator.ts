import type {
  ContributionMessage,
  CoordinatorMessage,
  JoinReply,
  JoinRequest,
  MemberMessage,
  MembershipMessage,
} from '../wire/messages.ts';
import type { StreamScope } from '../wire/metadata.ts';
import { abortToError, asExchangeError, errorToAbort } from './abort.ts';
import { admit } from './admission.ts';
import type { Admission } from './admission.ts';
import { decodeContribution, encodeOutcome } from './barrier-messages.ts';
import type { ReceivedContribution } from './barrier-messages.ts';
import { combine, faultOf } from './combine.ts';
import { COORDINATOR as SELF, defer } from './coordination.ts';
import type { Coordination, CoordinationEvents, Deferred } from './coordination.ts';
import { BadFrameError, ExchangeError, FencedError, PeerLostError } from './errors.ts';
import type { BarrierContribution, BarrierOutcome } from './exchange.ts';

/** Rank 0's end of one Join stream. */
export interface JoinSession {
  reply(reply: JoinReply): void;
  end(): void;
}

/** Rank 0's end of one Barrier stream. */
export interface BarrierSession {
  send(message: CoordinatorMessage): void;
  end(): void;
}

export interface CoordinatorOptions {
  readonly replicas: number;
  readonly scaler: 'shared' | 'local';
  /** How long a barrier may last from its first contribution on. */
  readonly stepDeadlineMs: number;
  readonly events: CoordinationEvents;
  /** A worker was not admitted. */
  readonly onRefused: (rank: number, reason: string) => void;
}

interface Joined {
  readonly request: JoinRequest;
  readonly session: JoinSession | undefined;
}

type RefusedOrFenced = Extract<Admission, { readonly kind: 'refuse' | 'fence' }>;

/**
 * Rank 0's coordination, without gRPC: who is in, and one round per barrier. A round is complete when every rank has
 * contributed; rank 0's own contribution takes no network round trip.
 */
export class Coordinator implements Coordination {
  readonly #options: CoordinatorOptions;
  readonly #joined = new Map<number, Joined>();
  /** Last refusal per rank, to explain why a rank never came. */
  readonly #refusals = new Map<number, string>();
  readonly #sessions = new Map<number, BarrierSession>();
  readonly #confirmed = new Set<number>();
  #membership: MembershipMessage | undefined;
  #forming: Deferred<MembershipMessage> | undefined;
  #connecting: Deferred<void> | undefined;
  /** Contributions of the running round, by rank. */
  #round: (ReceivedContribution | undefined)[] = [];
  #roundTimer: NodeJS.Timeout | undefined;
  #outcome: Deferred<BarrierOutcome> | undefined;
  /** Final hashes by rank. */
  #finals: (string | undefined)[] = [];
  #finishing: Deferred<readonly string[]> | undefined;
  #ended = false;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
  }

  join(own: JoinRequest): Promise<MembershipMessage> {
    this.#joined.set(SELF, { request: own, session: undefined });
    this.#forming = defer();
    this.#formIfComplete();
    return this.#forming.promise;
  }

  /** A worker asks to join. Returns why it may not; then its stream is to be refused. */
  requestJoin(rank: number, request: JoinRequest, session: JoinSession): RefusedOrFenced | undefined {
    const own = this.#joined.get(SELF)?.request;
    if (own === undefined || this.#ended) {
      return { kind: 'refuse', field: 'generation', message: 'rank 0 is not forming a membership' };
    }
    const joined = new Map([...this.#joined].map(([r, member]) => [r, member.request.attempt]));
    const admission = admit(rank, request, { replicas: this.#options.replicas, own, joined });
    switch (admission.kind) {
      case 'refuse':
      case 'fence':
        this.#refusals.set(rank, admission.message);
        this.#options.onRefused(rank, admission.message);
        return admission;
      case 'replace':
        this.#fence(rank, admission.fencedAttempt, request.attempt);
        if (this.#membership !== undefined) {
          return {
            kind: 'refuse',
            field: 'generation',
            message: 'the running generation ends because of this join',
          };
        }
        break;
      case 'accept':
        break;
    }
    this.#refusals.delete(rank);
    this.#joined.set(rank, { request, session });
    this.#formIfComplete();
    if (this.#membership === undefined) this.#replyToAll({ waiting: { ranks: this.#missingRanks() } });
    return undefined;
  }

  /** A Join stream ended. */
  left(rank: number, session: JoinSession, detail: string): void {
    if (this.#joined.get(rank)?.session !== session) return;
    if (this.#membership === undefined) this.#joined.delete(rank);
    else this.#lost(rank, detail);
  }

  connect(): Promise<void> {
    this.#connecting = defer();
    this.#connectIfComplete();
    return this.#connecting.promise;
  }

  /** A member opens its Barrier stream. Returns why it may not. */
  attach(rank: number, scope: StreamScope, session: BarrierSession): string | undefined {
    const member = this.#membership?.members[rank];
    if (member === undefined || this.#ended) return 'there is no generation';
    if (scope.generation !== this.#membership?.generation) {
      return `generation ${scope.generation} is not the running one (${this.#membership?.generation})`;
    }
    if (scope.attempt !== member.attempt) return `attempt ${scope.attempt} of rank ${rank} is not a member`;
    if (this.#sessions.has(rank)) return `rank ${rank} has a barrier stream already`;
    this.#sessions.set(rank, session);
    this.#connectIfComplete();
    return undefined;
  }

  /** A Barrier stream ended. */
  detached(rank: number, session: BarrierSession, detail: string): void {
    if (this.#sessions.get(rank) !== session || this.#confirmed.has(rank)) return;
    this.#sessions.delete(rank);
    this.#lost(rank, detail);
  }

  /** A message on a member's Barrier stream. */
  receive(rank: number, message: MemberMessage): void {
    if (this.#ended) return;
    const member = this.#membership?.members[rank];
    if (member === undefined || message.generation !== this.#membership?.generation) {
      this.#fail(new BadFrameError(rank, 'generation', `${message.generation} in a barrier message`));
    } else if (message.attempt !== member.attempt) {
      this.#fail(new BadFrameError(rank, 'attempt', `${message.attempt} in a barrier message`));
    } else if (message.contribution !== undefined) {
      this.#receiveContribution(rank, message.contribution);
    } else if (message.finish !== undefined) {
      this.#addFinal(rank, message.finish.finalHash);
    } else if (message.confirm !== undefined) {
      this.#confirm(rank);
    } else if (message.abort !== undefined) {
      this.#fail(abortToError(message.abort, SELF));
    } else {
      this.#fail(new BadFrameError(rank, 'message', 'a barrier message of no known kind'));
    }
  }

  barrier(contribution: BarrierContribution): Promise<BarrierOutcome> {
    this.#outcome = defer();
    const { promise } = this.#outcome;
    this.#contribute(SELF, contribution);
    return promise;
  }

  finish(finalHash: string): Promise<readonly string[]> {
    this.#finishing = defer();
    const { promise } = this.#finishing;
    this.#confirmed.add(SELF);
    this.#addFinal(SELF, finalHash);
    return promise;
  }

  abort(error: ExchangeError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#roundTimer);
    const abort = errorToAbort(error, SELF);
    const generation = this.#membership?.generation ?? 0;
    for (const session of this.#sessions.values()) session.send({ generation, abort });
    // Members that have no Barrier stream yet learn it on the other one.
    for (const [rank, { session }] of this.#joined) if (!this.#sessions.has(rank)) session?.reply({ abort });
  }

  waitingFor(): readonly number[] {
    const { replicas } = this.#options;
    if (this.#membership === undefined) return this.#missingRanks();
    if (this.#sessions.size < replicas - 1)
      return ranksWhere(replicas, (r) => r !== SELF && !this.#sessions.has(r));
    if (this.#finishing === undefined) return ranksWhere(replicas, (r) => this.#round[r] === undefined);
    return ranksWhere(replicas, (r) => this.#finals[r] === undefined || !this.#confirmed.has(r));
  }

  explain(): string {
    return [...this.#refusals].map(([rank, reason]) => `rank ${rank} was refused: ${reason}`).join('; ');
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#roundTimer);
    for (const session of this.#sessions.values()) session.end();
    for (const { session } of this.#joined.values()) session?.end();
  }

  #missingRanks(): number[] {
    return ranksWhere(this.#options.replicas, (rank) => !this.#joined.has(rank));
  }

  /** A newer attempt of a rank is here: the older one must end, and with it a generation it is a member of. */
  #fence(rank: number, fencedAttempt: number, newAttempt: number): void {
    const error = new FencedError(rank, fencedAttempt, `attempt ${newAttempt} has started`);
    const abort = errorToAbort(error, SELF);
    const old = this.#joined.get(rank)?.session;
    if (this.#membership === undefined) {
      old?.reply({ abort });
      old?.end();
      return;
    }
    // To the fenced process first; then everyone, that process included, learns that the generation is over.
    this.#sessions.get(rank)?.send({ generation: this.#membership.generation, abort });
    const detail = `attempt ${newAttempt} has replaced attempt ${fencedAttempt}`;
    this.#fail(new PeerLostError({ ranks: [rank], phase: 'barrier', waitedMs: 0, detail }));
  }

  #formIfComplete(): void {
    const { replicas } = this.#options;
    if (this.#joined.size < replicas || this.#membership !== undefined || this.#forming === undefined) return;
    const requests = ranksWhere(replicas, () => true).flatMap(
      (rank) => this.#joined.get(rank)?.request ?? [],
    );
    const generation = Math.max(...requests.map((request) => request.generationSeen)) + 1;
    const members = requests.map(({ rank, attempt, address }) => ({ rank, attempt, address }));
    this.#membership = { generation, members };
    this.#replyToAll({ membership: this.#membership });
    this.#forming.resolve(this.#membership);
  }

  #connectIfComplete(): void {
    if (this.#sessions.size === this.#options.replicas - 1) this.#connecting?.resolve();
  }

  #replyToAll(reply: JoinReply): void {
    for (const { session } of this.#joined.values()) session?.reply(reply);
  }

  #receiveContribution(rank: number, message: ContributionMessage): void {
    try {
      this.#contribute(rank, decodeContribution(message));
    } catch (error) {
      this.#fail(new BadFrameError(rank, 'scalers', error instanceof Error ? error.message : String(error)));
    }
  }

  #contribute(rank: number, contribution: ReceivedContribution): void {
    if (this.#round[rank] !== undefined) {
      this.#fail(
        new BadFrameError(rank, 'step', `a second contribution to the barrier of step ${contribution.step}`),
      );
      return;
    }
    this.#round[rank] = contribution;
    this.#roundTimer ??= setTimeout(() => this.#fail(this.#late()), this.#options.stepDeadlineMs);
    // A fault ends the step at once: nobody needs to wait for the slowest to hear of it.
    const fault = faultOf({ rank, contribution }, { rank, contribution }, SELF);
    if (fault !== undefined) this.#fail(fault);
    else if (this.#round.filter((part) => part !== undefined).length === this.#options.replicas)
      this.#closeRound();
  }

  #late(): PeerLostError {
    return new PeerLostError({
      ranks: this.waitingFor(),
      phase: 'barrier',
      waitedMs: this.#options.stepDeadlineMs,
      detail: 'it did not reach the barrier that others had reached; is it hanging, or much slower?',
    });
  }

  #closeRound(): void {
    clearTimeout(this.#roundTimer);
    this.#roundTimer = undefined;
    const parts = this.#round.flatMap((contribution, rank) =>
      contribution === undefined ? [] : [{ rank, contribution }],
    );
    this.#round = [];
    const outcome = combine(parts, this.#options.scaler, SELF);
    if (outcome instanceof ExchangeError) {
      this.#fail(outcome);
      return;
    }
    const message = { generation: this.#membership?.generation ?? 0, outcome: encodeOutcome(outcome) };
    for (const session of this.#sessions.values()) session.send(message);
    this.#outcome?.resolve(outcome);
  }

  #addFinal(rank: number, finalHash: string): void {
    if (this.#finals[rank] !== undefined) {
      this.#fail(new BadFrameError(rank, 'finish', 'a second final hash'));
      return;
    }
    this.#finals[rank] = finalHash;
    const finalHashes = this.#finals.filter((hash) => hash !== undefined);
    if (finalHashes.length < this.#options.replicas) return;
    const message = { generation: this.#membership?.generation ?? 0, finish: { finalHashes } };
    for (const session of this.#sessions.values()) session.send(message);
    this.#finishIfConfirmed();
  }

  #confirm(rank: number): void {
    this.#confirmed.add(rank);
    // The end of its stream tells the member that it may go.
    this.#sessions.get(rank)?.end();
    this.#finishIfConfirmed();
  }

  #finishIfConfirmed(): void {
    const finalHashes = this.#finals.filter((hash) => hash !== undefined);
    if (finalHashes.length < this.#options.replicas || this.#confirmed.size < this.#options.replicas) return;
    this.#ended = true;
    this.#finishing?.resolve(finalHashes);
  }

  #lost(rank: number, detail: string): void {
    if (!this.#ended && !this.#confirmed.has(rank)) this.#options.events.onLost(rank, detail);
  }

  #fail(error: unknown): void {
    this.#options.events.onAbort(asExchangeError(error, SELF, 0));
  }
}

function ranksWhere(replicas: number, condition: (rank: number) => boolean): number[] {
  return Array.from({ length: replicas }, (_, rank) => rank).filter(condition);
}
