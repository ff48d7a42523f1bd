import { realClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { defer } from './coordination.ts';
import type { Deferred } from './coordination.ts';

export interface WaitLimits {
  readonly deadlineMs: number;
  /** What to do when the deadline passes; must end in `fail`. */
  readonly onDeadline: (waitedMs: number) => void;
  readonly signal?: AbortSignal;
  /** What to do when the signal aborts; must end in `fail`. */
  readonly onAbort?: (reason: unknown) => void;
}

/**
 * The one call of an exchange that is pending, if any. It ends with its work, or with the failure of the exchange,
 * whichever is first; a deadline and a signal can cause such a failure.
 */
export class Wait {
  readonly #clock: Clock;
  #pending: Deferred<never> | undefined;

  constructor(clock: Clock = realClock) {
    this.#clock = clock;
  }

  async until<Value>(work: Promise<Value>, limits: WaitLimits): Promise<Value> {
    if (this.#pending !== undefined) throw new Error('another call of this exchange is still pending');
    const pending = defer<never>();
    this.#pending = pending;
    const start = this.#clock.monotonicMs();
    const timer = this.#clock.after(limits.deadlineMs, () =>
      limits.onDeadline(this.#clock.monotonicMs() - start),
    );
    const onAbort = (): void => limits.onAbort?.(limits.signal?.reason);
    limits.signal?.addEventListener('abort', onAbort);
    try {
      if (limits.signal?.aborted === true) onAbort();
      return await Promise.race([work, pending.promise]);
    } finally {
      this.#pending = undefined;
      timer.cancel();
      limits.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Rejects the pending call. */
  fail(error: unknown): void {
    this.#pending?.reject(error);
  }
}
