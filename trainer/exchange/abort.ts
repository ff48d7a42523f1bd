import type { Abort } from '../wire/messages.ts';
import {
  BadFrameError,
  ExchangeClosedError,
  ExchangeError,
  FencedError,
  HandshakeError,
  NoStateError,
  PeerFaultError,
  PeerLostError,
  ReplicaMismatchError,
} from './errors.ts';
import type { ExchangePhase, FaultReason, HandshakeField } from './errors.ts';

/*
 * The first error of a generation ends it for everyone. Who saw it tells rank 0, rank 0 tells all, and every rank
 * throws the same error. An Abort is that error on the wire.
 */

const NOTHING: Omit<Abort, 'code' | 'message'> = {
  ranks: [],
  detail: '',
  step: 0,
  waitedMs: 0,
  hashes: [],
  attempt: 0,
  final: false,
};

const PHASES: readonly ExchangePhase[] = ['formation', 'barrier', 'encode', 'push', 'pull', 'finish'];
const REASONS: readonly FaultReason[] = ['non-finite', 'program', 'internal', 'damaged'];

/** @param selfRank who says it: a member that merely closes is lost to the others. */
export function errorToAbort(error: ExchangeError, selfRank: number): Abort {
  const abort = { ...NOTHING, code: error.code, message: error.message };
  if (error instanceof PeerLostError) {
    return {
      ...abort,
      ranks: error.ranks,
      detail: error.phase,
      waitedMs: Math.round(error.waitedMs),
      message: error.detail,
      final: error.isFinal,
    };
  }
  if (error instanceof ReplicaMismatchError) {
    return {
      ...abort,
      ranks: error.minority,
      step: error.step,
      hashes: error.hashes.map((entry) => entry.hash),
    };
  }
  if (error instanceof PeerFaultError) {
    return { ...abort, ranks: [error.rank], detail: error.reason, step: error.step, message: error.detail };
  }
  if (error instanceof BadFrameError) {
    return { ...abort, ranks: [error.peerRank], detail: error.field, message: error.reason };
  }
  if (error instanceof FencedError) {
    return { ...abort, ranks: [error.rank], attempt: error.attempt };
  }
  if (error instanceof HandshakeError) return { ...abort, detail: error.field };
  return { ...abort, ranks: [selfRank] };
}

/** The error that this rank throws because of an Abort that came from another. */
export function abortToError(abort: Abort, selfRank: number): ExchangeError {
  const [rank = 0] = abort.ranks;
  switch (abort.code) {
    case 'PEER_LOST':
      return new PeerLostError({
        ranks: abort.ranks,
        phase: asPhase(abort.detail),
        waitedMs: abort.waitedMs,
        detail: abort.message,
        isFinal: abort.final,
      });
    case 'REPLICA_MISMATCH':
      return new ReplicaMismatchError(
        abort.step,
        abort.hashes.map((hash, index) => ({ rank: index, hash })),
        abort.ranks,
      );
    case 'PEER_FAULT':
      return new PeerFaultError(
        { rank, reason: asReason(abort.detail), step: abort.step, message: abort.message },
        selfRank,
      );
    case 'BAD_FRAME':
      return new BadFrameError(rank, abort.detail, abort.message);
    case 'FENCED':
      // Only the fenced process itself is fenced; the others lost that rank's old attempt.
      return rank === selfRank
        ? new FencedError(rank, abort.attempt, abort.message)
        : new PeerLostError({
            ranks: [rank],
            phase: 'barrier',
            waitedMs: 0,
            detail: 'it was replaced by a newer attempt',
          });
    case 'EXCHANGE_CLOSED':
      return rank === selfRank
        ? new ExchangeClosedError(abort.message)
        : new PeerLostError({
            ranks: [rank],
            phase: 'barrier',
            waitedMs: 0,
            detail: `it left: ${abort.message}`,
          });
    case 'NO_STATE':
      return new NoStateError();
    case 'HANDSHAKE_REFUSED':
      return new HandshakeError(asField(abort.detail), abort.message);
    default:
      return new PeerFaultError(
        { rank, reason: 'internal', step: abort.step, message: `${abort.code}: ${abort.message}` },
        selfRank,
      );
  }
}

function asPhase(detail: string): ExchangePhase {
  return PHASES.find((phase) => phase === detail) ?? 'barrier';
}

export function asReason(detail: string): FaultReason {
  return REASONS.find((reason) => reason === detail) ?? 'internal';
}

const FIELDS: readonly HandshakeField[] = [
  'identity',
  'rank',
  'attempt',
  'signature',
  'stateHash',
  'step',
  'generation',
  'replicas',
];

export function asField(detail: string): HandshakeField {
  return FIELDS.find((field) => field === detail) ?? 'identity';
}

/** Whatever was thrown, as an error of the exchange: what is not one is our own defect. */
export function asExchangeError(error: unknown, selfRank: number, step: number): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PeerFaultError({ rank: selfRank, reason: 'internal', step, message, cause: error }, selfRank);
}
