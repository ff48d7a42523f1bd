import type { JobStatus } from '../../crds/status.ts';
import type { JobProgress } from './progress.ts';
import type { Rank } from './ranks.ts';
import { stateOf } from './ranks.ts';

/** Wanted ranks whose newest worker does not run (yet). One that succeeded is not waited for. */
export function waitingRanks(ranks: readonly Rank[]): readonly Rank[] {
  return ranks.filter((rank) => {
    const state = stateOf(rank);
    return rank.wanted && state !== 'running' && state !== 'succeeded';
  });
}

/**
 * Whether the workers have met: all run, and each says that it takes part, or rank 0 reported of these very attempts.
 * Once they have, they have met until one of them is replaced.
 */
export function isFormed(
  ranks: readonly Rank[],
  progress: JobProgress | undefined,
  previous: JobStatus | undefined,
): boolean {
  if (waitingRanks(ranks).length > 0) return false;
  const children = ranks.filter(({ wanted }) => wanted).map(({ child }) => child);
  const areReady = children.every(
    (child) => child === undefined || child.ready || child.phase === 'succeeded',
  );
  return areReady || isOfNow(progress, ranks) || hadFormed(previous, ranks);
}

/** A report of attempts that have been replaced says nothing of the present ones. */
function isOfNow(progress: JobProgress | undefined, ranks: readonly Rank[]): boolean {
  if (progress === undefined) return false;
  const attempts = new Map(ranks.map(({ rank, lastAttempt }) => [rank, lastAttempt]));
  return progress.ranks.every(({ rank, attempt }) => attempts.get(rank) === attempt);
}

function hadFormed(previous: JobStatus | undefined, ranks: readonly Rank[]): boolean {
  if (previous?.state !== 'Running') return false;
  return ranks
    .filter(({ wanted }) => wanted)
    .every(({ stored, child }) => child === undefined || child.uid === stored?.uid);
}
