import type { ClusterJob } from '../../../plan/manifests/cluster-job.ts';
import { rankSecretName } from '../../../plan/manifests/names.ts';
import { isOwnedBy } from '../../../plan/manifests/owner-reference.ts';
import type { RankCertificate } from '../../../plan/manifests/rank-secret.ts';
import { rankSecret, SecretFile } from '../../../plan/manifests/rank-secret.ts';
import type { SecretObject } from '../../../pki/cluster/secret-object.ts';
import type { Resource } from '../../api/types.ts';
import type { JobMemory } from '../memory/job-memory.ts';
import { earliest } from '../earliest.ts';
import { createOnce } from './create-once.ts';
import { nameTaken, refusalOf } from './refusal.ts';

/** How long a Secret is left unseen. Certificates live for weeks, and a Secret that someone has deleted comes back. */
const LOOK_EVERY_MS = 12 * 3600_000;

/** The authority's side of a rank's Secret. */
export interface RankCertificates {
  issue(job: ClusterJob, rank: number): Promise<RankCertificate>;
  /** When it is to be replaced: before it expires; at once where the authorities have changed, or it cannot be read. */
  renewalTime(certificate: RankCertificate): Date;
}

/**
 * The Secrets of a job's ranks: what only that rank's pod mounts. They are read one by one and by name, never listed,
 * so the operator's role needs no right to list Secrets.
 */
export class RankSecrets {
  private readonly resource: Resource<SecretObject>;
  private readonly certificates: RankCertificates;

  constructor(resource: Resource<SecretObject>, certificates: RankCertificates) {
    this.resource = resource;
    this.certificates = certificates;
  }

  /**
   * Makes the Secret of a rank be there with a certificate that is good for a while, before its pod is made.
   * @throws as `createOnce`
   */
  async ensure(job: ClusterJob, rank: number, memory: JobMemory, now: Date): Promise<void> {
    const known = memory.secretDueAt.has(rank) ? await this.find(job, rank) : undefined;
    if (known !== undefined) return this.refresh(job, rank, known, memory, now);
    const manifest = await this.manifest(job, rank);
    const child = { kind: 'Secret', name: manifest.metadata.name, rank };
    const { object, isNew } = await createOnce(this.resource, job.metadata.uid, child, manifest);
    if (isNew) memory.secretDueAt.set(rank, new Date(now.getTime() + LOOK_EVERY_MS));
    else await this.refresh(job, rank, object, memory, now);
  }

  /** The same for a rank whose Secret is there as a rule: it looks before it makes one. */
  renew(job: ClusterJob, rank: number, memory: JobMemory, now: Date): Promise<void> {
    if (!memory.secretDueAt.has(rank)) memory.secretDueAt.set(rank, now);
    return this.ensure(job, rank, memory, now);
  }

  private find(job: ClusterJob, rank: number): Promise<SecretObject | undefined> {
    const { namespace, name } = job.metadata;
    return this.resource.get(namespace, rankSecretName(name, rank));
  }

  private async refresh(
    job: ClusterJob,
    rank: number,
    present: SecretObject,
    memory: JobMemory,
    now: Date,
  ): Promise<void> {
    const { namespace, name, uid } = present.metadata;
    const child = { kind: 'Secret', name, rank };
    if (!isOwnedBy(job.metadata.uid, present.metadata)) throw nameTaken(child, present);
    const lookAt = new Date(now.getTime() + LOOK_EVERY_MS);
    const renewAt = this.renewalTime(present, job);
    const jobFile = rankSecret(job, rank, undefined).data[SecretFile.job];
    if ((renewAt !== undefined && renewAt <= now) || present.data?.[SecretFile.job] !== jobFile) {
      const wanted = await this.manifest(job, rank);
      const object = { ...wanted, metadata: { ...wanted.metadata, uid } };
      try {
        await this.resource.apply(namespace ?? '', name, object);
      } catch (error) {
        throw refusalOf(error, child);
      }
      memory.secretDueAt.set(rank, lookAt);
      return;
    }
    memory.secretDueAt.set(rank, earliest([renewAt, lookAt]) ?? lookAt);
  }

  /** The certificate's own; a Secret that someone has spoiled is due at once, one without TLS never. */
  private renewalTime({ data = {} }: SecretObject, job: ClusterJob): Date | undefined {
    if (!job.spec.tls.enabled) return undefined;
    const text = (file: string): string => Buffer.from(data[file] ?? '', 'base64').toString('utf8');
    return this.certificates.renewalTime({
      certificate: text(SecretFile.certificate),
      privateKey: text(SecretFile.privateKey),
      authorities: text(SecretFile.authorities),
    });
  }

  private async manifest(job: ClusterJob, rank: number): Promise<ReturnType<typeof rankSecret>> {
    const certificate = job.spec.tls.enabled ? await this.certificates.issue(job, rank) : undefined;
    return rankSecret(job, rank, certificate);
  }
}
