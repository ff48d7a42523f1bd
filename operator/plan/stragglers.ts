import type { StragglerPolicy } from '../../crds/policies.ts';
import type { End } from './ends.ts';
import type { JobProgress } from './progress.ts';
import type { Rank } from './ranks.ts';
import { stateOf } from './ranks.ts';

export interface Stragglers {
  /** Ranks that have been much slower than the others for long enough. */
  readonly slow: readonly number[];
  /** Those that are given up for it, at most one per look. */
  readonly ends: readonly End[];
  /** When one that has been slow for a while will have been so for long enough. */
  readonly nextLookAt?: Date;
}

const none: Stragglers = { slow: [], ends: [] };

/**
 * Who holds the others up, by `spec.stragglerPolicy`. One at a time is replaced, and only while all that are wanted
 * run: the replacement copies its state from one of the others, and what is slow now may be the wait for a replacement.
 */
export function stragglersOf(
  policy: StragglerPolicy,
  ranks: readonly Rank[],
  progress: JobProgress | undefined,
  now: Date,
): Stragglers {
  if (policy.action === 'wait' || progress === undefined) return none;
  const present = progress.stragglers.flatMap(({ rank, attempt, slowdown, since }) => {
    const child = ranks.find((one) => one.rank === rank && one.wanted)?.child;
    if (child === undefined || child.attempt !== attempt || child.deleting) return [];
    return [{ child, slowdown, since, dueAt: new Date(since.getTime() + policy.forSeconds * 1000) }];
  });
  const [nextLookAt] = present
    .map(({ dueAt }) => dueAt)
    .filter((dueAt) => dueAt > now)
    .sort((a, b) => Number(a) - Number(b));
  const due = present.filter(({ dueAt }) => dueAt <= now);
  const allRun = ranks.every((rank) => !rank.wanted || stateOf(rank) === 'running');
  const [worst] = policy.action === 'replace' && allRun ? due.toSorted(bySlowness) : [];
  return {
    slow: due.map(({ child }) => child.rank).sort((a, b) => a - b),
    ends:
      worst === undefined
        ? []
        : [
            {
              kind: 'slow',
              uid: worst.child.uid,
              rank: worst.child.rank,
              attempt: worst.child.attempt,
              child: worst.child,
              at: now,
              suspicion: `its gradients take ${worst.slowdown.toFixed(1)} times as long as the others', since ${worst.since.toISOString()}`,
            },
          ],
    ...(nextLookAt !== undefined && { nextLookAt }),
  };
}

function bySlowness(one: { readonly slowdown: number }, other: { readonly slowdown: number }): number {
  return other.slowdown - one.slowdown;
}
