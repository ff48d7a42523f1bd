import type { JoinRequest } from '../wire/messages.ts';
import type { HandshakeField } from './errors.ts';

/** What rank 0 knows when a worker asks to join. */
export interface AdmissionState {
  readonly replicas: number;
  /** Rank 0's own state: the others must be equal. */
  readonly own: Pick<JoinRequest, 'signature' | 'stateHash' | 'step'>;
  /** Attempts of the ranks that have joined; rank 0 itself included. */
  readonly joined: ReadonlyMap<number, number>;
}

/** What becomes of a request to join. */
export type Admission =
  | { readonly kind: 'accept' }
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
  if (request.rank !== rank) {
    return refuse('rank', `the process says it is rank ${request.rank}, its certificate is for rank ${rank}`);
  }
  if (rank === 0) return refuse('rank', 'rank 0 is the coordinator and does not join');
  if (rank >= state.replicas) return refuse('rank', `rank ${rank} is not below ${state.replicas} replicas`);
  if (request.replicas !== state.replicas) {
    return refuse(
      'replicas',
      `rank ${rank} expects ${request.replicas} replicas, rank 0 expects ${state.replicas}`,
    );
  }
  if (request.attempt < 1)
    return refuse('attempt', `attempt ${request.attempt} of rank ${rank} is not positive`);
  const current = state.joined.get(rank);
  if (current !== undefined && request.attempt < current) {
    return { kind: 'fence', message: `attempt ${current} has joined already` };
  }
  if (current === request.attempt) {
    return refuse(
      'attempt',
      `rank ${rank} attempt ${current} has joined already: two processes claim one rank`,
    );
  }
  const { own } = state;
  if (request.signature !== own.signature) {
    return refuse(
      'signature',
      `model, chunk plan or codec of rank ${rank} (signature ${request.signature}) differ from rank 0's ` +
        `(${own.signature}); all workers must run the same program and job`,
    );
  }
  if (request.step !== own.step) {
    return refuse('step', `rank ${rank} would start at step ${request.step}, rank 0 at step ${own.step}`);
  }
  if (request.stateHash !== own.stateHash) {
    return refuse(
      'stateHash',
      `weights of rank ${rank} (state hash ${request.stateHash}) differ from rank 0's (${own.stateHash}); ` +
        'initializers must be seeded from the job seed',
    );
  }
  return current === undefined ? { kind: 'accept' } : { kind: 'replace', fencedAttempt: current };
}

function refuse(field: HandshakeField, message: string): Admission {
  return { kind: 'refuse', field, message };
}
