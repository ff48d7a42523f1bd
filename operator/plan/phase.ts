import type { Outcome } from './outcome.ts';
import type { JobProgress } from './progress.ts';
import type { WorkerChild } from './worker-child.ts';
import { newestAttempts } from './worker-child.ts';

/** One word for humans, derived from the outcome and the workers. Nothing acts on it. */
export type JobPhase = 'Pending' | 'Starting' | 'Running' | 'Stopping' | 'Succeeded' | 'Failed';

export function phaseOf(
  outcome: Outcome,
  wanted: readonly number[],
  children: readonly WorkerChild[],
  progress: JobProgress | undefined,
): JobPhase {
  switch (outcome.kind) {
    case 'succeeded':
      return 'Succeeded';
    case 'failed':
      return 'Failed';
    case 'stopping':
      return 'Stopping';
    case 'active':
    case 'undecided':
      if (children.length === 0) return 'Pending';
      // A worker that runs may still wait for the others: only an answer of rank 0 shows that they have met.
      return progress !== undefined && waitingRanks(wanted, children).length === 0 ? 'Running' : 'Starting';
  }
}

/** Wanted ranks whose newest worker does not run yet. */
export function waitingRanks(wanted: readonly number[], children: readonly WorkerChild[]): readonly number[] {
  const newest = newestAttempts(children);
  return wanted.filter((rank) => {
    const phase = newest.get(rank)?.phase;
    return phase === undefined || phase === 'pending';
  });
}
