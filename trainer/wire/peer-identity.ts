import { InvalidIdentityError, parseIdentity } from '../../operator/pki/identity.ts';
import type { Identity, WorkerIdentity } from '../../operator/pki/identity.ts';

/**
 * The identity in a certificate's subject alternative names, as Node prints them (`URI:..., DNS:..., IP Address:...`).
 * There must be exactly one URI. Node quotes names with unusual characters; ours have none, so a quote anywhere means
 * that a name tries to look like another one.
 */
export function certificateIdentity(subjectAltName: string | undefined): Identity {
  const names = subjectAltName ?? '';
  if (names.includes('"')) throw new InvalidIdentityError(names);
  const uris = names.split(', ').filter((name) => name.startsWith('URI:'));
  const [uri] = uris;
  if (uri === undefined || uris.length !== 1) throw new InvalidIdentityError(names);
  return parseIdentity(uri.slice('URI:'.length));
}

export interface JobScope {
  readonly namespace: string;
  readonly uid: string;
}

/** Whether this is a worker of the job, of any rank. */
export function isWorkerOf(job: JobScope, identity: Identity): identity is WorkerIdentity {
  return identity.kind === 'worker' && identity.namespace === job.namespace && identity.jobUid === job.uid;
}
