/** What one member brought to a barrier that was passed. */
export interface MemberPace {
  readonly rank: number;
  /** How long its gradient took; `undefined` where it had none to compute. */
  readonly computeMs: number | undefined;
}

/** A member whose gradients take much longer than those of the others. */
export interface Straggler {
  readonly rank: number;
  /** Its median time for a gradient over that of the median other member. */
  readonly slowdown: number;
}

/** Steps that count: long enough that one pause of the computer does not decide. */
const WINDOW_STEPS = 32;
/** Before, a member is only warming up. */
const LEAST_STEPS = 8;

/**
 * How long each member's gradients take. The time for a gradient depends on no other member, so it says whose computer
 * is slow; the time of the whole step does not, as all wait for the slowest.
 */
export class Pace {
  readonly #recentMs = new Map<number, number[]>();

  /** The members have changed: what a rank did before may have been on another computer. */
  restart(): void {
    this.#recentMs.clear();
  }

  add(members: readonly MemberPace[]): void {
    for (const { rank, computeMs } of members) {
      if (computeMs === undefined) continue;
      const recent = this.#recentMs.get(rank) ?? [];
      recent.push(computeMs);
      if (recent.length > WINDOW_STEPS) recent.shift();
      this.#recentMs.set(rank, recent);
    }
  }

  /** Members at least `ratio` times as slow as the median of the others, in rank order. */
  stragglers(ratio: number): readonly Straggler[] {
    const medians = [...this.#recentMs]
      .filter(([, recent]) => recent.length >= LEAST_STEPS)
      .map(([rank, recent]) => ({ rank, ms: median(recent) }))
      .sort((one, other) => one.rank - other.rank);
    return medians.flatMap(({ rank, ms }) => {
      const others = medians.filter((other) => other.rank !== rank).map((other) => other.ms);
      if (others.length === 0) return [];
      const slowdown = ms / median(others);
      return slowdown >= ratio ? [{ rank, slowdown }] : [];
    });
  }
}

/** Of an even number the lower one: times are skewed upwards. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] as number;
}
