export interface Backoff {
  /** Wait after the first failure of a key; it doubles with each further one. */
  readonly initialMs: number;
  /** Upper bound of the doubled wait. */
  readonly maxMs: number;
}

/** Counts the failures of each key since it last went well. */
export class FailureCounts {
  private readonly backoff: Backoff;
  private readonly failures = new Map<string, number>();

  constructor(backoff: Backoff) {
    this.backoff = backoff;
  }

  /** Notes one more failure and gives the wait that it costs. */
  failed(key: string): number {
    const before = this.failures.get(key) ?? 0;
    this.failures.set(key, before + 1);
    return Math.min(this.backoff.initialMs * 2 ** before, this.backoff.maxMs);
  }

  forget(key: string): void {
    this.failures.delete(key);
  }
}
