import { ExitCode } from '../../crds/exit-codes.ts';
import type { RankStatus } from '../../crds/status.ts';
import type { Rank } from './ranks.ts';
import { isJudged } from './ranks.ts';
import type { WorkerChild } from './worker-child.ts';
import { isLive } from './worker-child.ts';

/** An attempt that ended without success, or is given up, and of which the stored status does not say yet what followed. */
export interface End {
  readonly uid: string;
  readonly rank: number;
  readonly attempt: number;
  /** `lost`: deleted, gone, or on a lost node: it did not end by itself. `suspected`: it is still there, and of no use. `slow`: it holds up the others. */
  readonly kind: 'failed' | 'lost' | 'suspected' | 'slow';
  /** Of one that is given up while it lives: why and since when. */
  readonly suspicion?: string;
  /** Absent when the object itself is gone. */
  readonly child?: WorkerChild;
  readonly at: Date;
}

/** It lives on until this is stored; then it is surplus. */
export function isGivenUp({ kind }: End): boolean {
  return kind === 'suspected' || kind === 'slow';
}

/** The ends of wanted ranks that are still to be judged, in order of time, then rank. Each appears once, ever. */
export function unjudgedEnds(
  ranks: readonly Rank[],
  children: readonly WorkerChild[],
  now: Date,
): readonly End[] {
  const wanted = new Map(ranks.filter((rank) => rank.wanted).map((rank) => [rank.rank, rank]));
  const seen = children.flatMap((child) => {
    const rank = wanted.get(child.rank);
    const end = rank === undefined ? undefined : endOf(child, rank, now);
    return end === undefined ? [] : [end];
  });
  const vanished = [...wanted.values()].flatMap((rank) => vanishedEnd(rank, children, now));
  return [...seen, ...vanished].sort((a, b) => a.at.getTime() - b.at.getTime() || a.rank - b.rank);
}

function endOf(child: WorkerChild, rank: Rank, now: Date): End | undefined {
  const isNewest = rank.child === child;
  // What is taken away because a newer attempt exists has nothing to say.
  if (isCovered(child, rank.stored) || (child.deleting && !isNewest)) return undefined;
  const { uid, attempt, finishedAt } = child;
  const end = { uid, rank: child.rank, attempt, child, at: finishedAt ?? now };
  if (child.phase === 'failed') return { ...end, kind: endedByDeletion(child) ? 'lost' : 'failed' };
  return isNewest && isLive(child) && child.deleting ? { ...end, kind: 'lost', at: now } : undefined;
}

/** Exit codes of what a deletion does to a process: none, SIGTERM, SIGKILL, and our answer to SIGTERM. */
const codesOfDeletion: ReadonlySet<number | undefined> = new Set([undefined, ExitCode.stopped, 137, 143]);

function endedByDeletion(child: WorkerChild): boolean {
  return child.deleting && wasAskedToEnd(child);
}

/** Its code says only that it was told to go, not why. */
export function wasAskedToEnd({ exitCode }: WorkerChild): boolean {
  return codesOfDeletion.has(exitCode);
}

function isCovered(child: WorkerChild, stored: RankStatus | undefined): boolean {
  if (stored === undefined) return false;
  if (child.attempt < stored.attempt || child.attempt < (stored.minAttempt ?? 1)) return true;
  return child.attempt === stored.attempt && child.uid === stored.uid && isJudged(stored);
}

/** Remembered as living or as not judged, and now there is no such object any more. */
function vanishedEnd(
  { rank, stored, child }: Rank,
  children: readonly WorkerChild[],
  now: Date,
): readonly End[] {
  if (stored?.uid === undefined || child !== undefined || isJudged(stored)) return [];
  if ((stored.minAttempt ?? 1) > stored.attempt) return [];
  const { uid, attempt } = stored;
  if (children.some((one) => one.uid === uid)) return [];
  return [{ uid, rank, attempt, kind: 'lost', at: now }];
}
