import type { Authority, PemPair } from '../pki/authority.ts';
import { createAuthority, issueLeaf } from '../pki/authority.ts';
import { writeCertificateDirectory } from '../pki/certificate-directory.ts';
import type { CertificateFiles } from '../pki/certificate-directory.ts';
import { LOOPBACK } from './free-port.ts';
import { mostRanks } from './job-size.ts';
import type { JobFolder } from './job-folder.ts';
import type { LocalJob } from './local-job.ts';

/** A local run that outlives this is no local run any more. */
const VALIDITY_DAYS = 365;

/**
 * Makes an authority for this run alone and writes one certificate directory per rank that the job may ever have. The authority's key never
 * touches the disk and is forgotten on return, so nobody can join later.
 * @returns the operator's credentials, with which we poll rank 0; they stay in memory.
 */
export async function issueRunCertificates(
  job: LocalJob,
  folder: JobFolder,
  now: Date,
): Promise<CertificateFiles> {
  const { namespace, uid: jobUid } = job.metadata;
  const validity = { notAfter: new Date(now.getTime() + VALIDITY_DAYS * 24 * 3600 * 1000) };
  const authority = await createAuthority(`terngrad local run ${jobUid}`, validity);
  const ranks = Array.from({ length: mostRanks(job) }, (_, rank) => rank);
  await Promise.all(
    ranks.map(async (rank) => {
      const identity = { kind: 'worker', namespace, jobUid, rank } as const;
      const leaf = await issueLeaf(authority, { identity, validity, ipAddresses: [LOOPBACK] });
      await writeCertificateDirectory(folder.rankDirectory(rank), trusting(authority, leaf));
    }),
  );
  return trusting(authority, await issueLeaf(authority, { identity: { kind: 'operator' }, validity }));
}

function trusting(authority: Authority, leaf: PemPair): CertificateFiles {
  return { ...leaf, authorities: authority.certificate };
}
