/** One time of leading: open until it is ended, or was not renewed in time. Once over it stays over. */
export class Term {
  private readonly deadlineMs: number;
  private readonly monotonicMs: () => number;
  private readonly over = new AbortController();
  private renewedAtMs: number;
  private timer: NodeJS.Timeout | undefined;
  private endedBy: 'stopped' | 'lost' | undefined;

  constructor(sinceMs: number, deadlineMs: number, monotonicMs: () => number) {
    this.renewedAtMs = sinceMs;
    this.deadlineMs = deadlineMs;
    this.monotonicMs = monotonicMs;
    this.watch();
  }

  /** Aborts when the term is over. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  get ending(): 'stopped' | 'lost' | undefined {
    return this.endedBy;
  }

  /** By the clock and not by the timer, which a busy or stopped process serves too late. */
  isOpen(): boolean {
    if (this.endedBy === undefined && this.leftMs() <= 0) this.end('lost');
    return this.endedBy === undefined;
  }

  /** A renewal that was sent at `sinceMs` went through. Comes too late for a term that is over. */
  renewed(sinceMs: number): void {
    if (!this.isOpen()) return;
    this.renewedAtMs = Math.max(this.renewedAtMs, sinceMs);
    this.watch();
  }

  end(reason: 'stopped' | 'lost'): void {
    if (this.endedBy !== undefined) return;
    this.endedBy = reason;
    clearTimeout(this.timer);
    this.over.abort();
  }

  private leftMs(): number {
    return this.renewedAtMs + this.deadlineMs - this.monotonicMs();
  }

  private watch(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      // Timers may be early by a fraction of a millisecond.
      if (this.isOpen()) this.watch();
    }, this.leftMs());
  }
}
