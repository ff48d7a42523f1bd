import type { Obstacle } from './planned-job.ts';
import type { Rank } from './ranks.ts';

/** A worker may wait this long for its start before it is said: schedulers and image pulls take their moments. */
const BLOCKED_AFTER_MS = 5_000;

/** How many of several obstacles are told in full. */
const TOLD_OBSTACLES = 3;

export interface Blockage {
  /** What is in the way now, the oldest first; empty when nothing. */
  readonly obstacles: readonly Obstacle[];
  /** When a wait that is still short will be told. */
  readonly nextLookAt?: Date;
}

/** What keeps workers from starting, in the words of the surroundings: refusals at once, waits after a moment. */
export function blockageOf(ranks: readonly Rank[], refusals: readonly Obstacle[], now: Date): Blockage {
  const waits = ranks.flatMap(({ rank, wanted, child }): readonly Obstacle[] =>
    wanted && child?.phase === 'pending' && !child.deleting && child.waiting !== undefined
      ? [{ rank, ...child.waiting }]
      : [],
  );
  const isTold = (wait: Obstacle): boolean => toldAt(wait) <= now;
  const obstacles = [...refusals, ...waits.filter(isTold)].sort(
    (a, b) => a.since.getTime() - b.since.getTime() || (a.rank ?? -1) - (b.rank ?? -1),
  );
  const nextLookAt = waits
    .filter((wait) => !isTold(wait))
    .map(toldAt)
    .sort((a, b) => a.getTime() - b.getTime())[0];
  return { obstacles, ...(nextLookAt !== undefined && { nextLookAt }) };
}

/** `worker 2: 0/3 nodes are available; worker 3: ...; and 4 more`, equal words of several workers once. */
export function blockageText(obstacles: readonly Obstacle[]): string {
  const ranksOfMessage = new Map<string, number[]>();
  for (const { message, rank } of obstacles) {
    const ranks = ranksOfMessage.get(message) ?? [];
    if (rank !== undefined) ranks.push(rank);
    ranksOfMessage.set(message, ranks);
  }
  const lines = [...ranksOfMessage].map(([message, ranks]) =>
    ranks.length === 0 ? message : `${workersText(ranks)}: ${message}`,
  );
  const left = lines.length - TOLD_OBSTACLES;
  return [...lines.slice(0, TOLD_OBSTACLES), ...(left > 0 ? [`and ${left} more`] : [])].join('; ');
}

/** `worker 3`, `workers 1, 2`, `workers 0, 1, 2 and 7 more`. */
export function workersText(ranks: readonly number[]): string {
  if (ranks.length === 1) return `worker ${ranks[0]}`;
  const left = ranks.length - TOLD_RANKS;
  return `workers ${ranks.slice(0, TOLD_RANKS).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

const TOLD_RANKS = 8;

function toldAt({ since }: Obstacle): Date {
  return new Date(since.getTime() + BLOCKED_AFTER_MS);
}
