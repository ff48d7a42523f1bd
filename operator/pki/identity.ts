/**
 * Who a certificate speaks for, written as a SPIFFE id in its URI SAN.
 *
 *     spiffe://terngrad/ns/<namespace>/terngradjob/<uid>/rank/<n>     a worker
 *     spiffe://terngrad/operator                                      the operator
 *
 * Peers take job and rank from here and never from a message.
 */
export type Identity = WorkerIdentity | OperatorIdentity;

export interface WorkerIdentity {
  readonly kind: 'worker';
  readonly namespace: string;
  readonly jobUid: string;
  readonly rank: number;
}

export interface OperatorIdentity {
  readonly kind: 'operator';
}

export const OPERATOR_URI = 'spiffe://terngrad/operator';

/** Kubernetes namespaces are DNS labels. */
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** UIDs are UUIDs on a cluster; local runs make their own. */
const JOB_UID = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/;
/** No sign, no leading zero: one identity has one spelling. */
const RANK = /^(?:0|[1-9][0-9]{0,5})$/;
const WORKER_URI = /^spiffe:\/\/terngrad\/ns\/([^/]+)\/terngradjob\/([^/]+)\/rank\/([^/]+)$/;

export class InvalidIdentityError extends Error {
  readonly code = 'INVALID_IDENTITY';
  readonly uri: string;

  constructor(uri: string) {
    super(
      `"${uri.slice(0, 200)}" is not an identity of this system; expected ${OPERATOR_URI} or ` +
        'spiffe://terngrad/ns/<namespace>/terngradjob/<uid>/rank/<n>',
    );
    this.name = 'InvalidIdentityError';
    this.uri = uri;
  }
}

/** The URI of an identity. Throws InvalidIdentityError when a part would not survive the round trip. */
export function formatIdentity(identity: Identity): string {
  if (identity.kind === 'operator') return OPERATOR_URI;
  const uri = `spiffe://terngrad/ns/${identity.namespace}/terngradjob/${identity.jobUid}/rank/${identity.rank}`;
  parseIdentity(uri);
  return uri;
}

/** Strict: every character counts, nothing is decoded, lower-cased or trimmed. */
export function parseIdentity(uri: string): Identity {
  if (uri === OPERATOR_URI) return { kind: 'operator' };
  const [, namespace, jobUid, rank] = WORKER_URI.exec(uri) ?? [];
  if (namespace === undefined || jobUid === undefined || rank === undefined)
    throw new InvalidIdentityError(uri);
  if (!NAMESPACE.test(namespace) || !JOB_UID.test(jobUid) || !RANK.test(rank))
    throw new InvalidIdentityError(uri);
  return { kind: 'worker', namespace, jobUid, rank: Number(rank) };
}
