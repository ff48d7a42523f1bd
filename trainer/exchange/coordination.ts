import type { JoinRequest, MembershipMessage } from '../wire/messages.ts';
import type { ExchangeError } from './errors.ts';
import type { BarrierContribution, BarrierOutcome } from './exchange.ts';

/** The rank that coordinates. */
export const COORDINATOR = 0;

/** What coordination reports by itself, outside the calls. */
export interface CoordinationEvents {
  /** The generation has ended, for the reason that every member gets. */
  onAbort(error: ExchangeError): void;
  /** A control stream to or from this rank broke. */
  onLost(rank: number, detail: string): void;
}

/**
 * Membership and barriers as one member sees them: rank 0 does them (Coordinator), the others ask rank 0
 * (RemoteCoordination). One call at a time; deadlines and failures end calls from outside.
 */
export interface Coordination {
  /** Resolves with the first membership. Rejects with HandshakeError or FencedError. */
  join(request: JoinRequest): Promise<MembershipMessage>;
  /** Resolves when the control streams of the generation are up. */
  connect(membership: MembershipMessage): Promise<void>;
  barrier(contribution: BarrierContribution): Promise<BarrierOutcome>;
  finish(finalHash: string): Promise<readonly string[]>;
  /** Of all members, equal, once this member knows them. */
  readonly finalHashes: readonly string[] | undefined;
  /** Tells the others why this member ends the generation. */
  abort(error: ExchangeError): void;
  /** Ranks that the current call waits for, as far as this member knows. */
  waitingFor(): readonly number[];
  /** What else is known about the wait, for the error message. */
  explain(): string;
  /** Ends all streams. */
  close(): void;
}

/** A promise with its two ends. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

export function defer<Value>(): Deferred<Value> {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
