import type { End } from './ends.ts';
import type { JobProgress } from './progress.ts';
import type { Rank } from './ranks.ts';
import type { WorkerChild } from './worker-child.ts';

/** Rank 0 may wait for a member this long before it is taken for dead: one that only blinked is back by then. */
const SUSPECTED_MS = 5_000;
/** A worker is not suspected before it has run this long: it has just been given its chance. */
const CHANCE_MS = 10_000;

/**
 * Members of the last generation that rank 0 waits for, though their process or pod is said to run: it hangs, or its
 * node is dead or cut off, which a cluster notices only after most of a minute. Returns the ends of those that are given
 * up.
 *
 * Rank 0 must have said so when the time was over. What it said before may have passed: whoever leaves or joins makes all
 * wait for each other for a moment, and the next report comes only seconds later.
 *
 * Replacing on suspicion must never cost the state of the training, so it is done only while rank 0 itself has all of
 * it, and only to at most half of the workers: if rank 0 misses more, it is more likely that rank 0 is cut off.
 * @param knownStep the last confirmed step that is stored.
 */
export function suspicionOf(
  ranks: readonly Rank[],
  progress: JobProgress | undefined,
  knownStep: number | undefined,
  now: Date,
): readonly End[] {
  if (progress === undefined || progress.step < (knownStep ?? 0)) return [];
  const suspected = progress.suspects.flatMap(({ rank, attempt, reason, since, heardAt }) => {
    const child = ranks.find((one) => one.rank === rank && one.rank !== 0 && one.wanted)?.child;
    return child !== undefined && child.attempt === attempt && seemsAlive(child)
      ? [{ child, reason, since, isDue: heardAt >= dueAt(child, since) }]
      : [];
  });
  if (suspected.length * 2 > ranks.filter(({ wanted }) => wanted).length) return [];
  return suspected
    .filter(({ isDue }) => isDue)
    .map(({ child, reason, since }) => ({
      kind: 'suspected',
      uid: child.uid,
      rank: child.rank,
      attempt: child.attempt,
      child,
      at: now,
      suspicion: `${reason}, since ${since.toISOString()}`,
    }));
}

function seemsAlive({ phase, deleting }: WorkerChild): boolean {
  return phase === 'running' && !deleting;
}

function dueAt({ startedAt, createdAt }: WorkerChild, since: Date): Date {
  const chanceEndsMs = (startedAt ?? createdAt).getTime() + CHANCE_MS;
  return new Date(Math.max(since.getTime() + SUSPECTED_MS, chanceEndsMs));
}
