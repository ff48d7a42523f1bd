import type { Judgement } from './failure-policy.ts';
import type { Rank } from './ranks.ts';
import { isJudged, isStaffed, stateOf } from './ranks.ts';
import type { WorkerChild, WorkerIdentity } from './worker-child.ts';
import { identityOf, isLive } from './worker-child.ts';

export interface Staffing {
  /** Workers to make now. */
  readonly start: readonly WorkerIdentity[];
  /** When the next worker that waits for its backoff is made. */
  readonly nextStartAt?: Date;
}

/**
 * The attempts that an active job lacks. A rank that has none gets attempt 1; one whose attempt ended, and whose end
 * was judged, gets the next when its wait is over. Not to be asked of a training that is complete.
 */
export function staffing(
  ranks: readonly Rank[],
  { changes }: Pick<Judgement, 'changes'>,
  now: Date,
): Staffing {
  const vacant = ranks.filter((rank) => rank.wanted && isVacant(rank, changes));
  const waits = vacant.map((rank) => ({ rank, at: startTimeOf(rank, changes) }));
  const due = waits.filter(({ at }) => at === undefined || at <= now).map(({ rank }) => rank);
  const later = waits.map(({ at }) => at).filter((at) => at !== undefined && at > now);
  const nextStartAt = later.sort((a, b) => Number(a) - Number(b))[0];
  return {
    start: due
      .sort((a, b) => a.rank - b.rank)
      .map(({ rank, lastAttempt }) => ({ rank, attempt: lastAttempt + 1 })),
    ...(nextStartAt !== undefined && { nextStartAt }),
  };
}

/** Live workers that must not be: an older attempt beside a newer one, or a rank outside the wanted ones. */
export function surplusWorkers(
  ranks: readonly Rank[],
  children: readonly WorkerChild[],
): readonly WorkerIdentity[] {
  const current = new Set(ranks.filter(({ wanted }) => wanted).map(({ child }) => child));
  return children.filter((child) => isLive(child) && !current.has(child)).map(identityOf);
}

/** When a rank without a worker may have one; undefined when at once. */
function startTimeOf(rank: Rank, changes: Judgement['changes']): Date | undefined {
  const time = changes.get(uidOf(rank))?.restartTime ?? restartTimeOf(rank);
  return time === undefined ? undefined : new Date(time);
}

/** A stored wait belongs to the attempt that was stored with it. */
function restartTimeOf({ stored, child }: Rank): string | undefined {
  return child === undefined || child.uid === stored?.uid ? stored?.restartTime : undefined;
}

function isVacant(rank: Rank, changes: Judgement['changes']): boolean {
  if (isStaffed(rank)) return false;
  const state = stateOf(rank);
  if (state === undefined || state === 'stopped' || state === 'lost') return true;
  if (state === 'succeeded') return false;
  const { child, stored } = rank;
  if (changes.has(uidOf(rank))) return true;
  return stored !== undefined && isJudged(stored) && (child === undefined || child.uid === stored.uid);
}

/** Of the newest attempt. */
function uidOf({ child, stored }: Rank): string {
  return child?.uid ?? stored?.uid ?? '';
}
