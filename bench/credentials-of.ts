import { issueLeaf } from '../operator/pki/authority.ts';
import type { Authority } from '../operator/pki/authority.ts';
import type { Credentials } from '../trainer/wire/credentials.ts';

/** A certificate of one rank of the benchmark's job (namespace and UID `bench`), for an hour. */
export async function credentialsOf(authority: Authority, rank: number): Promise<Credentials> {
  const identity = { kind: 'worker', namespace: 'bench', jobUid: 'bench', rank } as const;
  const leaf = await issueLeaf(authority, {
    identity,
    validity: { notAfter: new Date(Date.now() + 3_600_000) },
  });
  return { ...leaf, authorities: authority.certificate };
}
