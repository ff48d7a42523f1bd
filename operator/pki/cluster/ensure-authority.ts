import { ApiError } from '../../cluster/api/errors.ts';
import type { Resource } from '../../cluster/api/types.ts';
import { AUTHORITY_SECRET, readAuthoritySecret, writeAuthoritySecret } from './authority-secret.ts';
import { advance, firstState } from './authority-state.ts';
import type { AuthorityState } from './authority-state.ts';
import type { SecretObject } from './secret-object.ts';

/** Someone else wrote in between; what they wrote counts. */
const CONFLICT = 409;
const MAX_TRIES = 5;

/**
 * The authorities of this install as they are to be used from now on: read from the Secret in the operator's
 * namespace, which is made when it is missing and moved on when a change of authority is due. Their keys stay there.
 * Call it when leadership begins and about every hour: the steps of a change wait for it.
 * @throws AuthoritySecretError, and what the API server refuses with.
 */
export async function ensureAuthority(
  secrets: Resource<SecretObject>,
  namespace: string,
  now: Date,
): Promise<AuthorityState> {
  for (let tries = 1; ; tries += 1) {
    const present = await secrets.get(namespace, AUTHORITY_SECRET);
    const state = present && readAuthoritySecret(namespace, present, now);
    const wanted = state === undefined ? await firstState(now) : await advance(state, now);
    if (wanted === state) return wanted;
    try {
      const secret = writeAuthoritySecret(namespace, wanted, present);
      await (present === undefined ? secrets.create(namespace, secret) : secrets.replace(namespace, secret));
      return wanted;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== CONFLICT || tries === MAX_TRIES) throw error;
    }
  }
}
