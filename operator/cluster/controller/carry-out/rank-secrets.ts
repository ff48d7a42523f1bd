import type { ClusterJob } from '../../../plan/manifests/cluster-job.ts';
import { rankSecretName } from '../../../plan/manifests/names.ts';
import { isOwnedBy } from '../../../plan/manifests/owner-reference.ts';
import type { RankCertificate, SecretManifest } from '../../../plan/manifests/rank-secrets.ts';
import {
  rankKeys,
  rankSecret,
  RANKS_PER_SECRET,
  SecretFile,
  secretBlockOf,
} from '../../../plan/manifests/rank-secrets.ts';
import type { SecretObject } from '../../../pki/cluster/secret-object.ts';
import type { Resource } from '../../api/types.ts';
import type { JobMemory } from '../memory/job-memory.ts';
import { createOnce } from './create-once.ts';
import { nameTaken, refusalOf } from './refusal.ts';

/** How long a Secret is left unseen. Certificates live for weeks, and a Secret that someone has deleted comes back. */
const LOOK_EVERY_MS = 12 * 3600_000;

/** The authority's side of a rank's files. */
export interface RankCertificates {
  issue(job: ClusterJob, rank: number): Promise<RankCertificate>;
  /** When it is to be replaced: before it expires; at once where the authorities have changed, or it cannot be read. */
  renewalTime(certificate: RankCertificate): Date;
}

/** Some ranks of one Secret. */
export interface RankBlock {
  readonly block: number;
  readonly ranks: readonly number[];
}

/** Sorted into the Secrets that hold them. */
export function inBlocks(ranks: Iterable<number>): readonly RankBlock[] {
  const blocks = new Map<number, number[]>();
  for (const rank of ranks) {
    const block = secretBlockOf(rank);
    const known = blocks.get(block);
    if (known === undefined) blocks.set(block, [rank]);
    else known.push(rank);
  }
  return [...blocks].map(([block, members]) => ({ block, ranks: members }));
}

/**
 * The Secrets of a job's ranks. They are read one by one and by name, never listed, so the operator's role needs no
 * right to list Secrets.
 */
export class RankSecrets {
  private readonly resource: Resource<SecretObject>;
  private readonly certificates: RankCertificates;

  constructor(resource: Resource<SecretObject>, certificates: RankCertificates) {
    this.resource = resource;
    this.certificates = certificates;
  }

  /**
   * Makes these ranks have certificates that are good for a while, before their pods are made. A Secret that is made for
   * them has those of all ranks of its block that the job wants, so that it is written once.
   * @throws as `createOnce`
   */
  async ensure(job: ClusterJob, { block, ranks }: RankBlock, memory: JobMemory, now: Date): Promise<void> {
    const known = memory.secretDueAt.has(block) ? await this.find(job, block) : undefined;
    if (known !== undefined) return this.refresh(job, { block, ranks }, known, memory, now);
    const manifest = await this.manifest(job, block, wantedRanks(job, { block, ranks }));
    const child = { kind: 'Secret', name: manifest.metadata.name };
    const { object, isNew } = await createOnce(this.resource, job.metadata.uid, child, manifest);
    if (isNew) memory.secretDueAt.set(block, lookAgainAt(now));
    else await this.refresh(job, { block, ranks }, object, memory, now);
  }

  /** The same for ranks whose Secret is there as a rule: it looks before it makes one. */
  renew(job: ClusterJob, ranks: RankBlock, memory: JobMemory, now: Date): Promise<void> {
    if (!memory.secretDueAt.has(ranks.block)) memory.secretDueAt.set(ranks.block, now);
    return this.ensure(job, ranks, memory, now);
  }

  private find(job: ClusterJob, block: number): Promise<SecretObject | undefined> {
    const { namespace, name } = job.metadata;
    return this.resource.get(namespace, rankSecretName(name, block));
  }

  private async refresh(
    job: ClusterJob,
    { block, ranks }: RankBlock,
    present: SecretObject,
    memory: JobMemory,
    now: Date,
  ): Promise<void> {
    const { namespace = '', name, uid, resourceVersion } = present.metadata;
    const child = { kind: 'Secret', name };
    if (!isOwnedBy(job.metadata.uid, present.metadata)) throw nameTaken(child, present);
    const renewAt = new Map(ranks.map((rank) => [rank, this.renewalTime(present, rank, job)]));
    const due = ranks.filter((rank) => (renewAt.get(rank) ?? now) <= now);
    const { data: shared } = rankSecret(job, block, new Map());
    if (due.length > 0 || present.data?.[SecretFile.job] !== shared[SecretFile.job]) {
      const wanted = await this.manifest(job, block, due);
      const version = resourceVersion === undefined ? {} : { resourceVersion };
      const object = {
        ...wanted,
        metadata: { ...wanted.metadata, uid, ...version },
        data: { ...present.data, ...wanted.data },
      };
      try {
        await this.resource.apply(namespace, name, object);
      } catch (error) {
        throw refusalOf(error, child);
      }
      for (const rank of due) renewAt.delete(rank);
    }
    const dueAt = Math.min(lookAgainAt(now).getTime(), ...[...renewAt.values()].map((at) => at.getTime()));
    memory.secretDueAt.set(block, new Date(dueAt));
  }

  /** The certificate's own; what someone has spoiled or never made is due at once, and without TLS nothing ever is. */
  private renewalTime({ data = {} }: SecretObject, rank: number, job: ClusterJob): Date {
    if (!job.spec.tls.enabled) return NEVER;
    const text = (file: string): string => Buffer.from(data[file] ?? '', 'base64').toString('utf8');
    const keys = rankKeys(rank);
    return this.certificates.renewalTime({
      certificate: text(keys.certificate),
      privateKey: text(keys.privateKey),
      authorities: text(SecretFile.authorities),
    });
  }

  private async manifest(job: ClusterJob, block: number, ranks: readonly number[]): Promise<SecretManifest> {
    const certificates = new Map<number, RankCertificate>();
    if (job.spec.tls.enabled) {
      for (const rank of ranks) certificates.set(rank, await this.certificates.issue(job, rank));
    }
    return rankSecret(job, block, certificates);
  }
}

const NEVER = new Date(8.64e15);

function lookAgainAt(now: Date): Date {
  return new Date(now.getTime() + LOOK_EVERY_MS);
}

function wantedRanks({ spec }: ClusterJob, { block, ranks }: RankBlock): readonly number[] {
  const first = block * RANKS_PER_SECRET;
  const count = Math.max(0, Math.min(RANKS_PER_SECRET, spec.workers.replicas - first));
  return [...new Set([...Array.from({ length: count }, (_, index) => first + index), ...ranks])];
}
