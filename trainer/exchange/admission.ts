import type { JoinRequest } from '../wire/messages.ts';
import type { HandshakeField } from './errors.ts';

/** A process that has joined. */
export interface JoinedProcess {
  readonly attempt: number;
  readonly instance: string;
}

/** What rank 0 knows when a worker asks to join. */
export interface AdmissionState {
  /** Ranks below this may join. */
  readonly maxReplicas: number;
  /** What every request must say; `undefined` where the size may change. */
  readonly replicas: number | undefined;
  /** Rank 0's own state. */
  readonly own: Pick<JoinRequest, 'signature' | 'stateHash' | 'step'>;
  /** By rank; rank 0 itself included. */
  readonly joined: ReadonlyMap<number, JoinedProcess>;
  /** The newest attempt of each rank that is known of, joined or not. */
  readonly newestAttempts: ReadonlyMap<number, number>;
}

/** What becomes of a request to join. */
export type Admission =
  | { readonly kind: 'accept' }
  /** The same process asks again: it has lost its stream, or left its generation. */
  | { readonly kind: 'again' }
  /** Accept it; the attempt that holds the rank now is fenced. */
  | { readonly kind: 'replace'; readonly fencedAttempt: number }
  | { readonly kind: 'refuse'; readonly field: HandshakeField; readonly message: string }
  /** The process that asks is the older one. */
  | { readonly kind: 'fence'; readonly message: string };

/**
 * Decides on one request to join. The rank is the one of the certificate.
 * Nothing of the request is trusted but what is compared here.
 */
export function admit(certificateRank: number, request: JoinRequest, state: AdmissionState): Admission {
  const rank = certificateRank;
  return (
    refusalOfNumbers(rank, request, state) ??
    fenceOf(rank, request, state) ??
    refusalOfState(rank, request, state) ??
    seatOf(rank, request, state)
  );
}

function refusalOfNumbers(
  rank: number,
  request: JoinRequest,
  { maxReplicas, replicas }: AdmissionState,
): Admission | undefined {
  if (request.rank !== rank) {
    return refuse('rank', `the process says it is rank ${request.rank}, its certificate is for rank ${rank}`);
  }
  if (rank === 0) return refuse('rank', 'rank 0 is the coordinator and does not join');
  if (rank >= maxReplicas) return refuse('rank', `rank ${rank} is not below ${maxReplicas} replicas`);
  if (replicas !== undefined && request.replicas !== replicas) {
    return refuse(
      'replicas',
      `rank ${rank} expects ${request.replicas} replicas, rank 0 expects ${replicas}`,
    );
  }
  if (request.attempt < 1)
    return refuse('attempt', `attempt ${request.attempt} of rank ${rank} is not positive`);
  return undefined;
}

function fenceOf(
  rank: number,
  request: JoinRequest,
  { joined, newestAttempts }: AdmissionState,
): Admission | undefined {
  const newest = Math.max(joined.get(rank)?.attempt ?? 0, newestAttempts.get(rank) ?? 0);
  if (request.attempt >= newest) return undefined;
  return { kind: 'fence', message: `attempt ${newest} exists already` };
}

function refusalOfState(rank: number, request: JoinRequest, { own }: AdmissionState): Admission | undefined {
  if (request.signature !== own.signature) {
    return refuse(
      'signature',
      `model, chunk plan or codec of rank ${rank} (signature ${request.signature}) differ from rank 0's ` +
        `(${own.signature}); all workers must run the same program and job`,
    );
  }
  // Later states are compared once all are there; before the first step there is nothing to copy, only a mistake to find.
  const bothFresh = request.step === 0 && own.step === 0 && request.stateHash !== '' && own.stateHash !== '';
  if (bothFresh && request.stateHash !== own.stateHash) {
    return refuse(
      'stateHash',
      `weights of rank ${rank} (state hash ${request.stateHash}) differ from rank 0's (${own.stateHash}); ` +
        'initializers must be seeded from the job seed',
    );
  }
  return undefined;
}

function seatOf(rank: number, request: JoinRequest, { joined }: AdmissionState): Admission {
  const current = joined.get(rank);
  if (current === undefined) return { kind: 'accept' };
  if (current.attempt < request.attempt) return { kind: 'replace', fencedAttempt: current.attempt };
  if (current.instance === request.instance) return { kind: 'again' };
  return refuse(
    'attempt',
    `rank ${rank} attempt ${current.attempt} has joined already: two processes claim one rank`,
  );
}

function refuse(field: HandshakeField, message: string): Admission {
  return { kind: 'refuse', field, message };
}
