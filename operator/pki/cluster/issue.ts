import { X509Certificate } from 'node:crypto';
import type { ClusterJob } from '../../plan/manifests/cluster-job.ts';
import { workerHostname, coordinatorServiceName } from '../../plan/manifests/names.ts';
import type { RankCertificate } from '../../plan/manifests/rank-secrets.ts';
import { issueLeaf } from '../authority.ts';
import { renewalTime as twoThirds, validityOf } from '../lifetime.ts';
import { bundleOf, LEAF_DAYS } from './authority-state.ts';
import type { AuthorityState } from './authority-state.ts';
import { isSamePem, readPair } from './pem.ts';

/** Before any time: it is due already. */
const AT_ONCE = new Date(0);

/** A new certificate for one rank of a job, good for 30 days. */
export async function issueRankCertificate(
  authorities: AuthorityState,
  job: ClusterJob,
  rank: number,
  now: Date,
): Promise<RankCertificate> {
  const { name, namespace, uid: jobUid } = job.metadata;
  const leaf = await issueLeaf(authorities.signing, {
    identity: { kind: 'worker', namespace, jobUid, rank },
    dnsNames: [`${workerHostname(rank)}.${coordinatorServiceName(name)}.${namespace}.svc`],
    validity: validityOf(LEAF_DAYS, now),
  });
  return { ...leaf, authorities: bundleOf(authorities) };
}

/** The operator's own, with which it asks rank 0 for progress. It stays in memory. */
export async function issueOperatorCertificate(
  authorities: AuthorityState,
  now: Date,
): Promise<RankCertificate> {
  const validity = validityOf(LEAF_DAYS, now);
  const leaf = await issueLeaf(authorities.signing, { identity: { kind: 'operator' }, validity });
  return { ...leaf, authorities: bundleOf(authorities) };
}

/**
 * When a certificate is to be replaced: after two thirds of its life; at once when the authorities have changed since
 * it was issued, or when it cannot be read.
 */
export function renewalTime(authorities: AuthorityState, leaf: RankCertificate): Date {
  const certificate = readPair(leaf.certificate, leaf.privateKey);
  const issuer = new X509Certificate(authorities.signing.certificate);
  const isCurrent =
    certificate !== undefined &&
    certificate.verify(issuer.publicKey) &&
    isSamePem(leaf.authorities, bundleOf(authorities));
  return isCurrent ? twoThirds(certificate) : AT_ONCE;
}
