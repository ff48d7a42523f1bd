import type { ResolvedJob } from '../../crds/job.ts';
import type { WorkerChild } from './worker-child.ts';
import { newestAttempts } from './worker-child.ts';
import { wantedRanks } from './wanted-workers.ts';

/**
 * Whether the job is done.
 * `rank0` is enough by default: rank 0 exits 0 only after every member confirmed the final weights.
 * `all` and `minimum` also wait for others, for programs that write something of their own at the end.
 */
export function hasSucceeded(job: ResolvedJob, children: readonly WorkerChild[]): boolean {
  const newest = newestAttempts(children);
  const wanted = wantedRanks(job);
  const succeeded = wanted.filter((rank) => newest.get(rank)?.phase === 'succeeded');
  const { when, count } = job.spec.successPolicy;
  switch (when) {
    case 'rank0':
      return succeeded.includes(0);
    case 'all':
      return succeeded.length === wanted.length;
    case 'minimum':
      return succeeded.length >= (count ?? wanted.length);
  }
}
