import type { RankState, RankStatus } from '../../crds/status.ts';
import type { WorkerChild } from './worker-child.ts';
import { newestAttempts } from './worker-child.ts';

/** One rank: what is seen of it now, and what is remembered. */
export interface Rank {
  readonly rank: number;
  /** Below `workers.replicas`. */
  readonly wanted: boolean;
  /** The entry of the stored status; absent before the first attempt was seen. */
  readonly stored?: RankStatus;
  /** The newest attempt, while its object exists and no newer one is remembered or demanded. */
  readonly child?: WorkerChild;
  /** The highest attempt ever known; 0 when there was none. */
  readonly lastAttempt: number;
}

/** Every wanted rank and every known one, in order of rank. */
export function ranksOf(
  stored: readonly RankStatus[],
  children: readonly WorkerChild[],
  wantedCount: number,
): readonly Rank[] {
  const newest = newestAttempts(children);
  const remembered = new Map(stored.map((record) => [record.rank, record]));
  const numbers = new Set([
    ...Array.from({ length: wantedCount }, (_, rank) => rank),
    ...remembered.keys(),
    ...newest.keys(),
  ]);
  return [...numbers]
    .sort((a, b) => a - b)
    .map((rank) => rankOf(rank, rank < wantedCount, remembered.get(rank), newest.get(rank)));
}

function rankOf(
  rank: number,
  wanted: boolean,
  stored: RankStatus | undefined,
  newest: WorkerChild | undefined,
): Rank {
  const floor = Math.max(stored?.attempt ?? 1, stored?.minAttempt ?? 1);
  const lastAttempt = Math.max(stored?.attempt ?? 0, newest?.attempt ?? 0, (stored?.minAttempt ?? 1) - 1);
  return {
    rank,
    wanted,
    lastAttempt,
    ...(stored !== undefined && { stored }),
    ...(newest !== undefined && newest.attempt >= floor && { child: newest }),
  };
}

/** The state of the newest attempt; undefined when there never was one. */
export function stateOf({ child, stored }: Rank): RankState | undefined {
  if (child !== undefined) {
    if (child.phase === 'succeeded' || child.phase === 'failed') return child.phase;
    if (child.deleting) return 'lost';
    return endOnRecord(child, stored) ?? child.phase;
  }
  if (stored === undefined) return undefined;
  if (stored.state !== 'pending' && stored.state !== 'running') return stored.state;
  return (stored.minAttempt ?? 1) > stored.attempt ? 'stopped' : 'lost';
}

/** Nothing that has ended lives again: who sees it alive looks at the past, as by a watch that lags behind the status. */
function endOnRecord({ uid }: WorkerChild, stored: RankStatus | undefined): RankState | undefined {
  if (stored === undefined || stored.uid !== uid) return undefined;
  const isFinal = stored.state === 'succeeded' || stored.state === 'failed' || stored.state === 'stopped';
  return isFinal ? stored.state : undefined;
}

/** Whether what followed from the end of this attempt is stored already. */
export function isJudged({ state, restartTime }: RankStatus): boolean {
  return state === 'succeeded' || state === 'stopped' || (hasEnded(state) && restartTime !== undefined);
}

function hasEnded(state: RankState): boolean {
  return state === 'failed' || state === 'lost';
}

/** It lives, and nobody takes it away: nothing is to be started for this rank. */
export function isStaffed(rank: Rank): boolean {
  const state = stateOf(rank);
  return rank.child !== undefined && (state === 'pending' || state === 'running');
}
