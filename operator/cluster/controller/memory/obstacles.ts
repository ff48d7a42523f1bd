import type { Obstacle } from '../../../plan/planned-job.ts';

/** First wait after a refusal; doubled by each further one, so that a full quota is no retry storm. */
const FIRST_RETRY_MS = 1_000;
/** What the user repairs heals within this time. */
const LAST_RETRY_MS = 30_000;

interface Met {
  readonly obstacle: Obstacle;
  readonly refusals: number;
  readonly retryAt: Date;
}

/**
 * What the surroundings refused of one job, one entry per kind of child. Kept in memory alone: after a restart the
 * refusal comes again by itself, if it still holds.
 */
export class Obstacles {
  private readonly met = new Map<string, Met>();
  private readonly random: () => number;

  constructor(random: () => number = Math.random) {
    this.random = random;
  }

  meet(kind: string, found: Omit<Obstacle, 'since'>, now: Date): void {
    const known = this.met.get(kind);
    const refusals = (known?.refusals ?? 0) + 1;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** (refusals - 1), LAST_RETRY_MS);
    // Jobs that were refused together do not come back together.
    const retryAt = new Date(now.getTime() + waitMs * (0.8 + 0.2 * this.random()));
    this.met.set(kind, { obstacle: { ...found, since: known?.obstacle.since ?? now }, refusals, retryAt });
  }

  clear(kind: string): void {
    this.met.delete(kind);
  }

  has(kind: string): boolean {
    return this.met.has(kind);
  }

  /** Whether it is too early to try this kind again. */
  mustWait(kind: string, now: Date): boolean {
    const known = this.met.get(kind);
    return known !== undefined && known.retryAt > now;
  }

  current(): readonly Obstacle[] {
    return [...this.met.values()].map(({ obstacle }) => obstacle);
  }

  /** When the first of them may be tried again. */
  nextRetryAt(): Date | undefined {
    return [...this.met.values()].map(({ retryAt }) => retryAt).sort((a, b) => a.getTime() - b.getTime())[0];
  }
}
