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

/** The files of a rank's Secret, as they appear in its pod. */
export const SecretFile = {
  certificate: 'tls.crt',
  privateKey: 'tls.key',
  authorities: 'ca.crt',
  job: 'job.json',
} as const;

/**
 * What one rank alone may read: the resolved job, and its certificate unless TLS is off (`undefined`).
 * One object for both, because every object is a write.
 */
export function rankSecret(
  job: ClusterJob,
  rank: number,
  certificate: RankCertificate | undefined,
): SecretManifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: childMetadata(job, rankSecretName(job.metadata.name, rank)),
    type: 'Opaque',
    data: {
      [SecretFile.job]: base64(jobFile(job)),
      ...(certificate !== undefined && {
        [SecretFile.certificate]: base64(certificate.certificate),
        [SecretFile.privateKey]: base64(certificate.privateKey),
        [SecretFile.authorities]: base64(certificate.authorities),
      }),
    },
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
