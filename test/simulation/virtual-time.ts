/** Calls that wait for their time. A day passes as fast as they can be made. */
export class VirtualTime {
  #nowMs = 0;
  #count = 0;
  /** Latest first, so that the next one is taken from the end. */
  readonly #waiting: Waiting[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Of two calls for the same time, the one that was asked for first is made first. */
  at(timeMs: number, call: () => void): { cancel(): void } {
    const entry: Waiting = { timeMs: Math.max(timeMs, this.#nowMs), order: this.#count++, call };
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isLater(this.#waiting[middle], entry)) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, entry);
    return { cancel: () => (entry.call = undefined) };
  }

  after(delayMs: number, call: () => void): { cancel(): void } {
    return this.at(this.#nowMs + delayMs, call);
  }

  /** Makes one call after the other, each when all that the one before has set going has come to rest. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    await settled();
    while (!isOver()) {
      const next = this.#waiting.pop();
      if (next === undefined || next.timeMs > untilMs) return;
      if (next.call === undefined) continue;
      this.#nowMs = next.timeMs;
      next.call();
      await settled();
    }
  }
}

interface Waiting {
  readonly timeMs: number;
  readonly order: number;
  call: (() => void) | undefined;
}

function isLater(one: Waiting | undefined, other: Waiting): boolean {
  if (one === undefined) return false;
  return one.timeMs > other.timeMs || (one.timeMs === other.timeMs && one.order > other.order);
}

/** Looked up once: inside the test runner's sandbox every access to a global is slow. */
const later = setImmediate;

/** All promises and ticks are done: nothing here waits for the real world. */
function settled(): Promise<void> {
  return new Promise((resolve) => later(resolve));
}
