import type { ClusterJob } from './cluster-job.ts';
import type { Manifest } from './manifest.ts';
import { childMetadata } from './metadata.ts';
import { rankSecretName } from './names.ts';

/** One rank's certificate, its key, and the authorities it trusts, PEM. */
export interface RankCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authorities: string;
}

export interface SecretManifest extends Omit<Manifest, 'spec'> {
  readonly type: 'Opaque';
  /** Base64, as the API server keeps it. */
  readonly data: Readonly<Record<string, string>>;
}

/** The files of a rank, as they appear in its pod. */
export const SecretFile = {
  certificate: 'tls.crt',
  privateKey: 'tls.key',
  authorities: 'ca.crt',
  job: 'job.json',
} as const;

/**
 * Ranks whose files lie in one Secret, of which a pod gets its own rank's alone. Each Secret is a write, and a watch of
 * every kubelet that mounts it; 64 ranks are 80 kB of the 1 MiB that a Secret may have.
 */
export const RANKS_PER_SECRET = 64;

/** Which of a job's Secrets holds a rank. */
export function secretBlockOf(rank: number): number {
  return Math.floor(rank / RANKS_PER_SECRET);
}

interface KeyToPath {
  readonly key: string;
  readonly path: string;
}

/** What of its Secret the pod of a rank may see, and under which names. */
export function rankFiles({ spec }: ClusterJob, rank: number): readonly KeyToPath[] {
  const shared = [SecretFile.job, ...(spec.tls.enabled ? [SecretFile.authorities] : [])];
  const { certificate, privateKey } = rankKeys(rank);
  return [
    ...shared.map((key) => ({ key, path: key })),
    ...(spec.tls.enabled
      ? [
          { key: certificate, path: SecretFile.certificate },
          { key: privateKey, path: SecretFile.privateKey },
        ]
      : []),
  ];
}

/** Under which names a Secret keeps what belongs to one rank. */
export function rankKeys(rank: number): { readonly certificate: string; readonly privateKey: string } {
  return { certificate: `${rank}.crt`, privateKey: `${rank}.key` };
}

/**
 * What the workers of one block of ranks may read: the resolved job, and each rank's certificate unless TLS is off.
 * @param certificates by rank; all of the same authorities
 */
export function rankSecret(
  job: ClusterJob,
  block: number,
  certificates: ReadonlyMap<number, RankCertificate>,
): SecretManifest {
  const files = new Map<string, string>([[SecretFile.job, jobFile(job)]]);
  for (const [rank, { certificate, privateKey, authorities }] of certificates) {
    const keys = rankKeys(rank);
    files.set(SecretFile.authorities, authorities);
    files.set(keys.certificate, certificate);
    files.set(keys.privateKey, privateKey);
  }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: childMetadata(job, rankSecretName(job.metadata.name, block)),
    type: 'Opaque',
    data: Object.fromEntries([...files].map(([name, text]) => [name, base64(text)])),
  };
}

/** Labels and annotations say nothing to a worker; kubectl's keep a second copy of the whole job. */
function jobFile(job: ClusterJob): string {
  const { name, namespace, uid } = job.metadata;
  return JSON.stringify({ ...job, metadata: { name, namespace, uid } });
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
