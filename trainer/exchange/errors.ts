import { ExitCode } from '../../crds/exit-codes.ts';

/** Where a wait was when it ended. */
export type ExchangePhase = 'formation' | 'barrier' | 'encode' | 'push' | 'pull' | 'finish';

/** Every error of the exchange says how the worker process should end because of it. */
export abstract class ExchangeError extends Error {
  abstract readonly code: string;
  abstract readonly exitCode: ExitCode;
  /** It ends the generation and not the member: the next generation may do the step again. */
  get endsOnlyGeneration(): boolean {
    return false;
  }
}

/** A member's connection broke, or it did not do its part before a deadline, or it never came. */
export class PeerLostError extends ExchangeError {
  readonly code = 'PEER_LOST';
  readonly exitCode = ExitCode.peerLost;
  /** The first of `ranks`. */
  readonly rank: number;
  /** Every rank that was still waited for. */
  readonly ranks: readonly number[];
  readonly phase: ExchangePhase;
  readonly waitedMs: number;
  /** What was seen, without who and when. */
  readonly detail: string;
  /** They were waited for as long as they may be: there will be no generation. */
  readonly isFinal: boolean;

  override get endsOnlyGeneration(): boolean {
    return !this.isFinal;
  }

  constructor(lost: {
    readonly ranks: readonly number[];
    readonly phase: ExchangePhase;
    readonly waitedMs: number;
    readonly detail: string;
    readonly isFinal?: boolean;
    readonly cause?: unknown;
  }) {
    const who = lost.ranks.length === 1 ? `rank ${lost.ranks[0]}` : `ranks ${lost.ranks.join(', ')}`;
    super(`lost ${who} in ${lost.phase} after ${Math.round(lost.waitedMs)} ms: ${lost.detail}`, {
      cause: lost.cause,
    });
    this.name = 'PeerLostError';
    this.rank = lost.ranks[0] ?? -1;
    this.ranks = lost.ranks;
    this.phase = lost.phase;
    this.waitedMs = lost.waitedMs;
    this.detail = lost.detail;
    this.isFinal = lost.isFinal ?? false;
  }
}

export interface RankHash {
  readonly rank: number;
  readonly hash: string;
}

/** Replicas that must be equal to the bit are not. */
export class ReplicaMismatchError extends ExchangeError {
  readonly code = 'REPLICA_MISMATCH';
  readonly exitCode = ExitCode.internal;
  readonly step: number;
  /** State hash of every rank, in rank order. */
  readonly hashes: readonly RankHash[];
  /** Ranks that differ from the majority; empty when there is no majority. */
  readonly minority: readonly number[];

  /** The minority copies the state of the majority; without one nobody knows which state is right. */
  override get endsOnlyGeneration(): boolean {
    return this.minority.length > 0;
  }

  constructor(step: number, hashes: readonly RankHash[], minority: readonly number[]) {
    const verdict =
      minority.length === 0
        ? 'no majority, so no rank can be named; go back to the last checkpoint'
        : `rank ${minority.join(', ')} differs from the majority; suspect its memory or device`;
    super(
      `state hashes differ before step ${step}: ${hashes.map((h) => `rank ${h.rank} ${h.hash}`).join(', ')}: ${verdict}`,
    );
    this.name = 'ReplicaMismatchError';
    this.step = step;
    this.hashes = hashes;
    this.minority = minority;
  }
}

/** `damaged`: the member's state changed in its memory; it copies a peer's and goes on. */
export type FaultReason = 'non-finite' | 'program' | 'internal' | 'damaged';

/** A member reported that it cannot go on. Every rank gets this error, the faulty one too. */
export class PeerFaultError extends ExchangeError {
  readonly code = 'PEER_FAULT';
  readonly exitCode: ExitCode;
  readonly rank: number;
  readonly reason: FaultReason;
  readonly step: number;

  /** What the faulty rank said. */
  readonly detail: string;

  /** For all but the faulty rank, which may come back as a new attempt; for it too when all it lacks is a state. */
  override get endsOnlyGeneration(): boolean {
    return this.exitCode === ExitCode.peerLost || this.reason === 'damaged';
  }

  /** @param selfRank the rank that throws: only the faulty one ends as a failed program, the others lost a peer. */
  constructor(
    fault: {
      readonly rank: number;
      readonly reason: FaultReason;
      readonly step: number;
      readonly message: string;
      readonly cause?: unknown;
    },
    selfRank: number,
  ) {
    super(`rank ${fault.rank} failed in step ${fault.step} (${fault.reason}): ${fault.message}`, {
      cause: fault.cause,
    });
    this.name = 'PeerFaultError';
    this.rank = fault.rank;
    this.reason = fault.reason;
    this.step = fault.step;
    this.detail = fault.message;
    if (fault.rank !== selfRank) this.exitCode = ExitCode.peerLost;
    else if (fault.reason === 'internal' || fault.reason === 'damaged') this.exitCode = ExitCode.internal;
    else this.exitCode = ExitCode.programFailed;
  }
}

/** No member has a state that training could go on from. */
export class NoStateError extends ExchangeError {
  readonly code = 'NO_STATE';
  readonly exitCode = ExitCode.internal;

  constructor() {
    super('no worker has a whole state to go on from; training can only go back to its last checkpoint');
    this.name = 'NoStateError';
  }
}

/** A newer attempt of this rank, or of the coordinator, exists: this process must end. */
export class FencedError extends ExchangeError {
  readonly code = 'FENCED';
  readonly exitCode = ExitCode.fenced;
  readonly rank: number;
  readonly attempt: number;

  constructor(rank: number, attempt: number, detail: string) {
    super(`rank ${rank} attempt ${attempt} is fenced: ${detail}`);
    this.name = 'FencedError';
    this.rank = rank;
    this.attempt = attempt;
  }
}

/** Something on which the members must agree before training differs, or an identity is not what it must be. */
export type HandshakeField =
  'identity' | 'rank' | 'attempt' | 'signature' | 'stateHash' | 'step' | 'generation' | 'replicas';

export class HandshakeError extends ExchangeError {
  readonly code = 'HANDSHAKE_REFUSED';
  readonly exitCode = ExitCode.badConfiguration;
  readonly field: HandshakeField;

  constructor(field: HandshakeField, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'HandshakeError';
    this.field = field;
  }
}

/** A frame or message that must not be applied. Nothing of it was. */
export class BadFrameError extends ExchangeError {
  readonly code = 'BAD_FRAME';
  readonly exitCode = ExitCode.internal;
  readonly peerRank: number;
  /** The header field or check that failed, as in the frame table of `wire/frame.ts`. */
  readonly field: string;
  /** What was wrong, with the value received and the value expected. */
  readonly reason: string;

  override get endsOnlyGeneration(): boolean {
    return true;
  }

  constructor(peerRank: number, field: string, reason: string) {
    super(
      `refused a frame from rank ${peerRank}: ${field}: ${reason}; check that all workers run the same version`,
    );
    this.name = 'BadFrameError';
    this.peerRank = peerRank;
    this.field = field;
    this.reason = reason;
  }
}

/** The gRPC listener could not be opened. */
export class ListenError extends ExchangeError {
  readonly code = 'LISTEN_FAILED';
  readonly exitCode = ExitCode.badConfiguration;
  readonly address: string;

  constructor(address: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`cannot listen on ${address}: ${why}; choose a free port, or 0 for ranks other than 0`, { cause });
    this.name = 'ListenError';
    this.address = address;
  }
}

/** `close()` was called, or a signal aborted the wait. */
export class ExchangeClosedError extends ExchangeError {
  readonly code = 'EXCHANGE_CLOSED';
  readonly exitCode = ExitCode.stopped;

  constructor(detail: string, options?: { readonly cause?: unknown }) {
    super(`the exchange was closed: ${detail}`, options);
    this.name = 'ExchangeClosedError';
  }
}
