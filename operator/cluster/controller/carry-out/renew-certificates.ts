import type { Cluster, JobContext } from '../job-context.ts';
import { earliest } from '../earliest.ts';
import { ChildRefusedError } from './child-refused-error.ts';
import { limited } from './limited.ts';
import { inBlocks } from './rank-secrets.ts';

/** In the background of whatever else happens: a renewal has days of time. */
const RENEWALS_AT_ONCE = 2;

/**
 * Renews what is due of the certificates of the given ranks, and looks once at Secrets that this process has not made.
 * A refusal becomes an obstacle, as the certificate would expire.
 * @returns when to look again.
 */
export async function renewCertificates(
  { rankSecrets, clock }: Cluster,
  { job, memory }: JobContext,
  ranks: readonly number[],
): Promise<Date | undefined> {
  const { obstacles, secretDueAt, secretCheckAt } = memory;
  const now = clock();
  const blocks = inBlocks(ranks);
  const dueAt = (block: number): Date => secretDueAt.get(block) ?? secretCheckAt;
  const due = blocks.filter(({ block }) => dueAt(block) <= now);
  if (!obstacles.mustWait('Renewal', now)) {
    try {
      await limited(due, RENEWALS_AT_ONCE, (block) => rankSecrets.renew(job, block, memory, now));
      obstacles.clear('Renewal');
    } catch (error) {
      if (!(error instanceof ChildRefusedError)) throw error;
      obstacles.meet('Renewal', error.refused, now);
    }
  }
  return earliest(blocks.map(({ block }) => dueAt(block)).filter((date) => date > now));
}
