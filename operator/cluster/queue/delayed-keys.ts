/** Timers beyond 2^31 ms fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Keys that become due later, each at most once: of several times the earliest wins. */
export class DelayedKeys {
  private readonly onDue: (key: string) => void;
  private readonly monotonicMs: () => number;
  private readonly waiting = new Map<string, { readonly dueMs: number; readonly timer: NodeJS.Timeout }>();

  constructor(onDue: (key: string) => void, monotonicMs: () => number) {
    this.onDue = onDue;
    this.monotonicMs = monotonicMs;
  }

  add(key: string, delayMs: number): void {
    const dueMs = this.monotonicMs() + delayMs;
    const earlier = this.waiting.get(key);
    if (earlier !== undefined && earlier.dueMs <= dueMs) return;
    clearTimeout(earlier?.timer);
    const timer = setTimeout(() => this.fire(key), Math.min(delayMs, MAX_TIMER_MS));
    this.waiting.set(key, { dueMs, timer });
  }

  clear(): void {
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }

  private fire(key: string): void {
    this.waiting.delete(key);
    this.onDue(key);
  }
}
