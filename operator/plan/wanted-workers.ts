import type { ResolvedJob } from '../../crds/job.ts';
import type { WorkerChild, WorkerIdentity } from './worker-child.ts';
import { isLive, newestAttempts } from './worker-child.ts';

/** The ranks that the job wants while it is active. */
export function wantedRanks(job: ResolvedJob): readonly number[] {
  return Array.from({ length: job.spec.workers.replicas }, (_, rank) => rank);
}

/**
 * Wanted ranks that never had a worker get their first attempt.
 * A rank whose worker ended is not started again: in this version a lost worker ends the job (see failure-policy.ts).
 */
export function missingWorkers(
  wanted: readonly number[],
  children: readonly WorkerChild[],
): readonly WorkerIdentity[] {
  const known = newestAttempts(children);
  return wanted.filter((rank) => !known.has(rank)).map((rank) => ({ rank, attempt: 1 }));
}

/** Live workers that must not be: an older attempt beside a newer one, or a rank outside the wanted ones. */
export function surplusWorkers(
  wanted: readonly number[],
  children: readonly WorkerChild[],
): readonly WorkerIdentity[] {
  const newest = newestAttempts(children);
  return children
    .filter(isLive)
    .filter((child) => newest.get(child.rank) !== child || !wanted.includes(child.rank))
    .map(({ rank, attempt }) => ({ rank, attempt }));
}
