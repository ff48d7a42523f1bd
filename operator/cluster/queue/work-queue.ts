import type { Logger } from 'pino';
import { FailureCounts } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { DelayedKeys } from './delayed-keys.ts';

export interface WorkResult {
  /** Look at the key again after this long, though nothing may have happened to it. */
  readonly lookAgainMs?: number;
}

/** Reconciles one key. A throw has the key tried again, later each time; anything else forgets its failures. */
export type Work = (key: string) => Promise<WorkResult>;

/** Told what client-go's `workqueue_*` metrics count. */
export interface QueueObserver {
  /** A key came in that was not waiting already. */
  readonly added: () => void;
  /** How many keys wait, those included that wait for their own work under way to end. */
  readonly depth: (keys: number) => void;
  /** A key's work began, so long after the key was added. */
  readonly waited: (seconds: number) => void;
  readonly worked: (seconds: number) => void;
  /** A key was put off: after a failure, or to look again. */
  readonly retried: () => void;
}

export interface WorkQueueOptions {
  /** Keys worked on at once; one key never twice at once. */
  readonly concurrency: number;
  /** Default: 50 ms, doubled up to 60 s. */
  readonly backoff?: Backoff;
  readonly observer?: QueueObserver;
  readonly log: Logger;
  readonly monotonicMs?: () => number;
}

export interface WorkQueue {
  /** Now; once, however often it is added before its work begins. Added while its work runs, it is worked on again after. */
  add(key: string): void;
  /** Later; the earliest of several times wins. */
  addAfter(key: string, delayMs: number): void;
  /**
   * Works until `signal` aborts; then takes no further key and resolves when all work under way has ended. Once.
   * Keys that are added before are kept for it.
   */
  run(work: Work, signal: AbortSignal): Promise<void>;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new KeyedQueue(options);
}

const DEFAULT_BACKOFF: Backoff = { initialMs: 50, maxMs: 60_000 };
const SILENT: QueueObserver = {
  added: () => {},
  depth: () => {},
  waited: () => {},
  worked: () => {},
  retried: () => {},
};

class KeyedQueue implements WorkQueue {
  private readonly concurrency: number;
  private readonly observer: QueueObserver;
  private readonly log: Logger;
  private readonly monotonicMs: () => number;
  private readonly failures: FailureCounts;
  private readonly delayed: DelayedKeys;

  /** Keys that have to be worked on, and since when. A map keeps the order in which they came: no key can push ahead. */
  private readonly ready = new Map<string, number>();
  /** The same for keys whose work runs: they go to the end of `ready` when it ends. */
  private readonly dirty = new Map<string, number>();
  private readonly working = new Set<string>();
  private work: Work | undefined;
  private ended: (() => void) | undefined;
  private stopped = false;
  private startScheduled = false;

  constructor({ concurrency, backoff, observer, log, monotonicMs }: WorkQueueOptions) {
    this.concurrency = concurrency;
    this.observer = observer ?? SILENT;
    this.log = log;
    this.monotonicMs = monotonicMs ?? (() => performance.now());
    this.failures = new FailureCounts(backoff ?? DEFAULT_BACKOFF);
    this.delayed = new DelayedKeys((key) => this.add(key), this.monotonicMs);
  }

  add(key: string): void {
    const waiting = this.working.has(key) ? this.dirty : this.ready;
    if (this.stopped || waiting.has(key)) return;
    waiting.set(key, this.monotonicMs());
    this.observer.added();
    this.tellDepth();
    this.startSoon();
  }

  addAfter(key: string, delayMs: number): void {
    if (this.stopped) return;
    if (delayMs <= 0) return this.add(key);
    this.observer.retried();
    this.delayed.add(key, delayMs);
  }

  async run(work: Work, signal: AbortSignal): Promise<void> {
    this.work = work;
    await new Promise<void>((resolve) => {
      this.ended = resolve;
      if (signal.aborted) return this.stop();
      signal.addEventListener('abort', () => this.stop(), { once: true });
      this.startSoon();
    });
  }

  private stop(): void {
    this.stopped = true;
    this.delayed.clear();
    this.ready.clear();
    this.dirty.clear();
    this.tellDepth();
    if (this.working.size === 0) this.ended?.();
  }

  /** Not at once: one read of a watch may bring many events of one key. */
  private startSoon(): void {
    if (this.startScheduled) return;
    this.startScheduled = true;
    setImmediate(() => {
      this.startScheduled = false;
      this.startWork();
    });
  }

  private startWork(): void {
    const { work } = this;
    if (work === undefined || this.stopped) return;
    for (const [key, addedAtMs] of this.ready) {
      if (this.working.size >= this.concurrency) return;
      this.ready.delete(key);
      this.working.add(key);
      this.tellDepth();
      void this.workOn(key, addedAtMs, work);
    }
  }

  /** Never rejects. */
  private async workOn(key: string, addedAtMs: number, work: Work): Promise<void> {
    const startedAtMs = this.monotonicMs();
    this.observer.waited((startedAtMs - addedAtMs) / 1000);
    try {
      const { lookAgainMs } = await work(key);
      this.failures.forget(key);
      if (lookAgainMs !== undefined) this.addAfter(key, lookAgainMs);
    } catch (error) {
      const waitMs = Math.max(this.failures.failed(key), askedWaitMs(error));
      this.log.warn({ key, err: error, retryInMs: waitMs }, 'work on a key failed, it is tried again');
      this.addAfter(key, waitMs);
    } finally {
      this.observer.worked((this.monotonicMs() - startedAtMs) / 1000);
      this.finish(key);
    }
  }

  private finish(key: string): void {
    this.working.delete(key);
    const dirtySinceMs = this.dirty.get(key);
    if (dirtySinceMs !== undefined) {
      this.dirty.delete(key);
      this.ready.set(key, dirtySinceMs);
    }
    this.startWork();
    if (this.stopped && this.working.size === 0) this.ended?.();
  }

  private tellDepth(): void {
    this.observer.depth(this.ready.size + this.dirty.size);
  }
}

/** An overloaded API server says how long it wants to be left alone: ApiError carries it. */
function askedWaitMs(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('retryAfterMs' in error)) return 0;
  return typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;
}
