import { X509Certificate } from 'node:crypto';
import { createAuthority } from '../authority.ts';
import type { Authority } from '../authority.ts';
import { DAY_MS, renewalTime, validityOf } from '../lifetime.ts';
import { joinPem } from './pem.ts';

/**
 * The authorities of one operator install. A change of authority goes through three states, so that at any moment
 * every certificate in use is trusted by everyone:
 *
 *     settled    `signing` alone
 *     announced  `next` is trusted too, but signs nothing until every worker has the wider bundle
 *     retiring   what was `next` signs; the old one stays trusted until the last certificate it signed has expired
 */
export interface AuthorityState {
  readonly signing: Authority;
  readonly next?: Authority;
  /** Certificates alone: their keys are gone. */
  readonly retired: readonly string[];
  /** When this state began. */
  readonly since: Date;
}

const AUTHORITY_DAYS = 730;
/** Every rank's Secret is written anew within hours; the kubelets need minutes more. */
const ANNOUNCED_DAYS = 1;
/** Life of a worker's or the operator's certificate. Renewed after two thirds of it. */
export const LEAF_DAYS = 30;

export async function firstState(now: Date): Promise<AuthorityState> {
  return { signing: await newAuthority(now), retired: [], since: now };
}

/** The certificates that workers trust, PEM. */
export function bundleOf({ signing, next, retired }: AuthorityState): string {
  return joinPem([signing.certificate, ...(next === undefined ? [] : [next.certificate]), ...retired]);
}

/** The state that is due; the very same object when that is the present one. */
export async function advance(state: AuthorityState, now: Date): Promise<AuthorityState> {
  const { signing, next, retired, since } = state;
  const certificate = new X509Certificate(signing.certificate);
  // Nothing that it signed is worth anything any more, so there is nobody to be announced to.
  if (new Date(certificate.validTo) <= now) return firstState(now);
  const ageDays = (now.getTime() - since.getTime()) / DAY_MS;
  if (next !== undefined) {
    return ageDays < ANNOUNCED_DAYS ? state : { signing: next, retired: [signing.certificate], since: now };
  }
  if (retired.length > 0) return ageDays < LEAF_DAYS ? state : { signing, retired: [], since: now };
  if (now < renewalTime(certificate)) return state;
  return { signing, next: await newAuthority(now), retired: [], since: now };
}

function newAuthority(now: Date): Promise<Authority> {
  return createAuthority(`terngrad authority ${now.toISOString()}`, validityOf(AUTHORITY_DAYS, now));
}
