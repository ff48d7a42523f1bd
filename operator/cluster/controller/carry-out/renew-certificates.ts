import type { Cluster, JobContext } from '../job-context.ts';
import { earliest } from '../earliest.ts';
import { ChildRefusedError } from './child-refused-error.ts';
import { limited } from './limited.ts';

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
  const dueAt = (rank: number): Date => secretDueAt.get(rank) ?? secretCheckAt;
  const due = ranks.filter((rank) => dueAt(rank) <= now);
  if (!obstacles.mustWait('Renewal', now)) {
    try {
      await limited(due, RENEWALS_AT_ONCE, (rank) => rankSecrets.renew(job, rank, memory, now));
      obstacles.clear('Renewal');
    } catch (error) {
      if (!(error instanceof ChildRefusedError)) throw error;
      obstacles.meet('Renewal', error.refused, now);
    }
  }
  return earliest(ranks.map(dueAt).filter((date) => date > now));
}
