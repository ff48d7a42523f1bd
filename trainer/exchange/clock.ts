/** A call that was put off. */
export interface Timer {
  /** It will not be made, or not again. */
  cancel(): void;
}

/** Time as the exchange sees it. */
export interface Clock {
  /** Only differences mean anything. */
  monotonicMs(): number;
  unixMs(): number;
  /** Makes the call once. */
  after(delayMs: number, call: () => void): Timer;
  /** Makes the call again and again. */
  every(periodMs: number, call: () => void): Timer;
}

export const realClock: Clock = {
  monotonicMs: () => performance.now(),
  unixMs: () => Date.now(),
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  every(periodMs, call) {
    const timer = setInterval(call, periodMs);
    return { cancel: () => clearInterval(timer) };
  },
};
