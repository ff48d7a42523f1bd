interface Told<E> {
  readonly event: E;
  readonly timer: NodeJS.Timeout;
  count: number;
  lastTime: Date;
}

/** Remembers for a while what was told, and counts how often it happens again. */
export class Repetitions<E> {
  private readonly windowMs: number;
  /** Told at the end of the window, when it did happen again. */
  private readonly onRepeated: (event: E, count: number, lastTime: Date) => void;
  private readonly told = new Map<string, Told<E>>();

  constructor(windowMs: number, onRepeated: (event: E, count: number, lastTime: Date) => void) {
    this.windowMs = windowMs;
    this.onRepeated = onRepeated;
  }

  /** Counts it, if it was told already. */
  isRepeated(key: string, now: Date): boolean {
    const told = this.told.get(key);
    if (told === undefined) return false;
    told.count += 1;
    told.lastTime = now;
    return true;
  }

  begin(key: string, event: E): void {
    const timer = setTimeout(() => this.end(key), this.windowMs);
    // Nothing to wait for when the process wants to end.
    timer.unref();
    this.told.set(key, { event, timer, count: 1, lastTime: new Date(0) });
  }

  /** Ends all windows now. */
  tellAll(): void {
    for (const key of this.told.keys()) this.end(key);
  }

  private end(key: string): void {
    const told = this.told.get(key);
    if (told === undefined) return;
    clearTimeout(told.timer);
    this.told.delete(key);
    if (told.count > 1) this.onRepeated(told.event, told.count, told.lastTime);
  }
}
