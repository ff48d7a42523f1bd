import type {
  ContributionMessage,
  CoordinatorMessage,
  JoinRequest,
  MemberEntry,
  MemberMessage,
  MembershipMessage,
} from '../wire/messages.ts';
import type { StreamScope } from '../wire/metadata.ts';
import { abortToError, asExchangeError, errorToAbort } from './abort.ts';
import type { Admission } from './admission.ts';
import { decodeContribution, encodeOutcome } from './barrier-messages.ts';
import type { ReceivedContribution } from './barrier-messages.ts';
import type { Timer } from './clock.ts';
import { combine, faultOf, minorityOf } from './combine.ts';
import { COORDINATOR as SELF, defer } from './coordination.ts';
import type { Coordination, CoordinationEvents, Deferred } from './coordination.ts';
import { BadFrameError, ExchangeError, FencedError, PeerLostError, ReplicaMismatchError } from './errors.ts';
import type { BarrierContribution, BarrierOutcome, MemberFigures } from './exchange.ts';
import { FinalRound } from './final-round.ts';
import { Formation } from './formation.ts';
import type { FormationOptions, JoinSession } from './formation.ts';

/** Rank 0's end of one Barrier stream. */
export interface BarrierSession {
  send(message: CoordinatorMessage): void;
  end(): void;
}

export interface CoordinatorOptions extends FormationOptions {
  readonly scaler: 'shared' | 'local';
  /** How long a barrier may last from its first contribution on. */
  readonly stepDeadlineMs: number;
  readonly events: CoordinationEvents;
  readonly onBarrier?: (members: readonly MemberFigures[]) => void;
}

type RefusedOrFenced = Extract<Admission, { readonly kind: 'refuse' | 'fence' }>;

const ENDING: RefusedOrFenced = {
  kind: 'refuse',
  field: 'generation',
  message: 'the running generation ends because of this join',
};

/**
 * Rank 0's coordination of one generation, without gRPC: who is in, and one round per barrier. A round is complete when
 * every member has contributed; rank 0's own contribution takes no network round trip.
 */
export class Coordinator implements Coordination {
  readonly #options: CoordinatorOptions;
  readonly #formation: Formation;
  readonly #sessions = new Map<number, BarrierSession>();
  #connecting: Deferred<void> | undefined;
  /** Contributions of the running round, by rank. */
  readonly #round = new Map<number, ReceivedContribution>();
  #roundTimer: Timer | undefined;
  #outcome: Deferred<BarrierOutcome> | undefined;
  #final: FinalRound | undefined;
  /** A process that is not a member has asked to join. */
  #joinerWaits = false;
  #ended = false;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#formation = new Formation(options);
  }

  /** The membership while it trains. */
  get running(): MembershipMessage | undefined {
    return this.#ended ? undefined : this.#membership;
  }

  join(own: JoinRequest): Promise<MembershipMessage> {
    return this.#formation.begin(own).then((membership) => {
      this.#final = new FinalRound(membership.members.map(({ rank }) => rank));
      return membership;
    });
  }

  /** A worker asks to join. Returns why it may not, or not yet; then its stream is to be refused. */
  requestJoin(rank: number, request: JoinRequest, session: JoinSession): RefusedOrFenced | undefined {
    if (this.#ended) return { kind: 'refuse', field: 'generation', message: 'the generation is over' };
    const admission = this.#formation.admission(rank, request);
    if (admission.kind === 'refuse' || admission.kind === 'fence') return admission;
    if (this.#membership !== undefined) return this.#joinLate(rank, request, admission);
    if (admission.kind === 'replace') this.#fence(rank, admission.fencedAttempt, request.attempt);
    if (admission.kind === 'again') this.#formation.sessionOf(rank)?.end();
    this.#formation.add(rank, request, session);
    return undefined;
  }

  /** The staffing has changed: a member may have been replaced without having noticed. */
  reconsider(): void {
    const { newestAttempts } = this.#options.staffing;
    this.#formation.reconsider();
    if (this.#ended) return;
    for (const { rank, attempt } of this.#membership?.members ?? []) {
      const newest = newestAttempts.get(rank) ?? attempt;
      if (newest > attempt) return this.#fence(rank, attempt, newest);
    }
  }

  /** A Join stream ended. */
  left(rank: number, session: JoinSession, detail: string): void {
    if (this.#formation.sessionOf(rank) !== session) return;
    if (this.#membership === undefined) this.#formation.remove(rank);
    else this.#lost(rank, detail);
  }

  connect(): Promise<void> {
    this.#connecting = defer();
    this.#connectIfComplete();
    return this.#connecting.promise;
  }

  /** A member opens its Barrier stream. Returns why it may not. */
  attach(rank: number, scope: StreamScope, session: BarrierSession): string | undefined {
    const member = this.#memberOf(rank);
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
    if (this.#sessions.get(rank) !== session) return;
    this.#sessions.delete(rank);
    this.#lost(rank, detail);
  }

  /** A message on a member's Barrier stream. */
  receive(rank: number, message: MemberMessage): void {
    if (this.#ended) return;
    const member = this.#memberOf(rank);
    if (member === undefined || message.generation !== this.#membership?.generation) {
      this.#fail(new BadFrameError(rank, 'generation', `${message.generation} in a barrier message`));
    } else if (message.attempt !== member.attempt) {
      this.#fail(new BadFrameError(rank, 'attempt', `${message.attempt} in a barrier message`));
    } else if (message.contribution !== undefined) {
      this.#receiveContribution(rank, message.contribution);
    } else if (message.finish !== undefined) {
      this.#addFinal(rank, message.finish.finalHash);
    } else if (message.confirm !== undefined) {
      this.#final?.confirm(rank);
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
    const final = this.#final;
    if (final === undefined) throw new Error('finish was called before the generation was formed');
    this.#addFinal(SELF, finalHash);
    final.confirm(SELF);
    return final.confirmed.then((hashes) => {
      this.#ended = true;
      // The orderly end of its stream tells a member that it may go. Nobody goes before all know the final hashes: who is
      // still needed when rank 0 is lost meanwhile would be gone.
      for (const session of this.#sessions.values()) session.end();
      return hashes;
    });
  }

  get finalHashes(): readonly string[] | undefined {
    return this.#final?.hashes;
  }

  abort(error: ExchangeError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#roundTimer?.cancel();
    const abort = errorToAbort(error, SELF);
    this.#sendToAll({ abort });
    // Members that have no Barrier stream yet learn it on the other one.
    this.#formation.abort(abort, new Set(this.#sessions.keys()));
  }

  waitingFor(): readonly number[] {
    const membership = this.#membership;
    if (membership === undefined) return this.#formation.missing();
    const ranks = membership.members.map(({ rank }) => rank);
    const unconnected = ranks.filter((rank) => rank !== SELF && !this.#sessions.has(rank));
    if (unconnected.length > 0) return unconnected;
    return this.#final?.isRunning === true
      ? this.#final.missing()
      : ranks.filter((rank) => !this.#round.has(rank));
  }

  explain(): string {
    return this.#formation.explain();
  }

  close(): void {
    this.#ended = true;
    this.#roundTimer?.cancel();
    for (const session of this.#sessions.values()) session.end();
    this.#formation.close();
  }

  get #membership(): MembershipMessage | undefined {
    return this.#formation.membership;
  }

  #memberOf(rank: number): MemberEntry | undefined {
    return this.#membership?.members.find((member) => member.rank === rank);
  }

  /** Somebody asks while the generation runs: it ends, now or at the next border between two steps. */
  #joinLate(rank: number, request: JoinRequest, admission: Admission): RefusedOrFenced {
    if (admission.kind === 'replace') {
      this.#fence(rank, admission.fencedAttempt, request.attempt);
    } else if (admission.kind === 'again') {
      this.#fail(peerLost(rank, 'it has left the generation and asks for the next one'));
    } else {
      this.#joinerWaits = true;
    }
    return ENDING;
  }

  /** A newer attempt of a rank is here: the older one must end, and with it a generation it is a member of. */
  #fence(rank: number, fencedAttempt: number, newAttempt: number): void {
    const abort = errorToAbort(
      new FencedError(rank, fencedAttempt, `attempt ${newAttempt} has started`),
      SELF,
    );
    if (this.#membership === undefined) {
      const old = this.#formation.sessionOf(rank);
      old?.reply({ abort });
      old?.end();
      return;
    }
    // To the fenced process first; then everyone, that process included, learns that the generation is over.
    this.#sessions.get(rank)?.send({ generation: this.#membership.generation, abort });
    this.#fail(peerLost(rank, `attempt ${newAttempt} has replaced attempt ${fencedAttempt}`));
  }

  #connectIfComplete(): void {
    const others = (this.#membership?.members.length ?? 0) - 1;
    if (this.#sessions.size === others) this.#connecting?.resolve();
  }

  #receiveContribution(rank: number, message: ContributionMessage): void {
    try {
      this.#contribute(rank, decodeContribution(message));
    } catch (error) {
      this.#fail(new BadFrameError(rank, 'scalers', error instanceof Error ? error.message : String(error)));
    }
  }

  #contribute(rank: number, contribution: ReceivedContribution): void {
    if (this.#round.has(rank)) {
      this.#fail(
        new BadFrameError(rank, 'step', `a second contribution to the barrier of step ${contribution.step}`),
      );
      return;
    }
    this.#round.set(rank, contribution);
    const { clock, stepDeadlineMs } = this.#options;
    this.#roundTimer ??= clock.after(stepDeadlineMs, () => this.#fail(this.#late()));
    // A fault ends the step at once: nobody needs to wait for the slowest to hear of it.
    const fault = faultOf({ rank, contribution }, { rank, contribution }, SELF);
    if (fault !== undefined) this.#fail(fault);
    else if (this.#round.size === this.#membership?.members.length) this.#closeRound();
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
    this.#roundTimer?.cancel();
    this.#roundTimer = undefined;
    const parts = (this.#membership?.members ?? []).flatMap(({ rank }) => {
      const contribution = this.#round.get(rank);
      return contribution === undefined ? [] : [{ rank, contribution }];
    });
    this.#round.clear();
    const combined = combine(parts, this.#options.scaler, SELF);
    if (combined instanceof ExchangeError) {
      this.#fail(combined);
      return;
    }
    this.#options.onBarrier?.(
      parts.map(({ rank, contribution: { samples, maxima = [] } }) => ({ rank, samples, maxima })),
    );
    const outcome = this.#joinerWaits ? { ...combined, ends: true } : combined;
    if (outcome.ends) this.#ended = true;
    this.#sendToAll({ outcome: encodeOutcome(outcome) });
    this.#outcome?.resolve(outcome);
  }

  #addFinal(rank: number, finalHash: string): void {
    if (this.#final?.add(rank, finalHash) === false) {
      this.#fail(new BadFrameError(rank, 'finish', 'a second final hash'));
      return;
    }
    const hashes = this.#final?.hashes;
    if (hashes === undefined) return;
    if (new Set(hashes).size === 1) this.#sendToAll({ finish: { finalHashes: hashes } });
    else this.#fail(this.#unequal(hashes));
  }

  #unequal(finalHashes: readonly string[]): ReplicaMismatchError {
    const { step = 0, members = [] } = this.#membership ?? {};
    const hashes = members.map(({ rank }, index) => ({ rank, hash: finalHashes[index] ?? '' }));
    return new ReplicaMismatchError(step, hashes, minorityOf(hashes));
  }

  #sendToAll(message: Omit<CoordinatorMessage, 'generation'>): void {
    const generation = this.#membership?.generation ?? 0;
    for (const session of this.#sessions.values()) session.send({ generation, ...message });
  }

  #lost(rank: number, detail: string): void {
    if (this.#ended || this.#final?.hasConfirmed(rank) === true) return;
    // All final weights are known and equal: who is gone now has nothing left to do.
    if (this.#final?.hashes === undefined) this.#options.events.onLost(rank, detail);
    else this.#final.confirm(rank);
  }

  #fail(error: unknown): void {
    this.#options.events.onAbort(asExchangeError(error, SELF, 0));
  }
}

function peerLost(rank: number, detail: string): PeerLostError {
  return new PeerLostError({ ranks: [rank], phase: 'barrier', waitedMs: 0, detail });
}
