import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { WatchSilentError } from '../api/errors.ts';
import type { KubeObject, ListOptions, WatchableResource } from '../api/types.ts';
import { reasonOf, restartWaitMs } from './restart.ts';
import type { RestartReason } from './restart.ts';

export interface WatchLoopOptions<T extends KubeObject> {
  readonly resource: WatchableResource<T>;
  readonly scope: ListOptions;
  /** The whole scope is now these objects. */
  readonly onSnapshot: (items: readonly T[]) => void;
  readonly onChanged: (object: T) => void;
  readonly onDeleted: (object: T) => void;
  readonly onRestart: (reason: RestartReason) => void;
  readonly log: Logger;
}

/** A watch that ends sooner and without an event counts as failed: else a server that ends every watch is asked in a tight loop. */
const SHORTEST_WATCH_MS = 1000;

class WatchTooShortError extends Error {
  readonly code = 'WATCH_TOO_SHORT';

  constructor() {
    super('the server ended the watch at once; it is asked again after a pause');
    this.name = 'WatchTooShortError';
  }
}

/**
 * Lists, then watches from there, again and again; no refusal and no lost connection ends it. A watch goes on at the
 * resource version last seen, and only what the server no longer knows how to continue is listed anew.
 */
export class WatchLoop<T extends KubeObject> {
  private readonly options: WatchLoopOptions<T>;
  private readonly log: Logger;
  /** From where a watch can go on; `undefined` when a list is needed. */
  private resourceVersion: string | undefined;
  private failuresInARow = 0;
  /** What the log said last; a failure that lasts is told once. */
  private toldFailure: string | undefined;

  constructor(options: WatchLoopOptions<T>) {
    this.options = options;
    this.log = options.log.child({ namespace: options.scope.namespace });
  }

  /** Resolves when `signal` has aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.listAndWatch(signal);
        this.options.onRestart('ended');
      } catch (error) {
        if (signal.aborted) return;
        await this.recover(error, signal);
      }
    }
  }

  private async listAndWatch(signal: AbortSignal): Promise<void> {
    const { resource, scope, onSnapshot } = this.options;
    if (this.resourceVersion === undefined) {
      const { items, resourceVersion } = await resource.snapshot(scope, signal);
      onSnapshot(items);
      this.resourceVersion = resourceVersion;
    }
    const openedAtMs = performance.now();
    let events = 0;
    try {
      for await (const event of resource.watch({ ...scope, resourceVersion: this.resourceVersion }, signal)) {
        events += 1;
        this.nowWell();
        if (event.type === 'bookmark') {
          this.resourceVersion = event.resourceVersion;
          continue;
        }
        if (event.type === 'deleted') this.options.onDeleted(event.object);
        else this.options.onChanged(event.object);
        // After the handlers: what made one of them throw is sent again.
        this.resourceVersion = event.object.metadata.resourceVersion;
      }
      if (events === 0 && performance.now() - openedAtMs < SHORTEST_WATCH_MS) throw new WatchTooShortError();
    } finally {
      if (performance.now() - openedAtMs >= SHORTEST_WATCH_MS) this.nowWell();
    }
  }

  private nowWell(): void {
    this.failuresInARow = 0;
    if (this.toldFailure === undefined) return;
    this.toldFailure = undefined;
    this.log.info('watching again');
  }

  private async recover(cause: unknown, signal: AbortSignal): Promise<void> {
    const { onRestart } = this.options;
    if (cause instanceof WatchSilentError) {
      // No failure: nothing may have happened. It waited long enough.
      onRestart('silent');
      return;
    }
    const reason = reasonOf(cause);
    onRestart(reason);
    if (reason === 'expired') this.resourceVersion = undefined;
    const failure = cause instanceof Error ? cause.message : String(cause);
    if (failure !== this.toldFailure) {
      this.toldFailure = failure;
      this.log.warn({ err: cause, reason }, 'a watch broke, it is opened again until it holds');
    }
    this.failuresInARow += 1;
    const waitMs = restartWaitMs(this.failuresInARow, cause, Math.random);
    // Rejects at an abort only, which the caller sees.
    await pause(waitMs, undefined, { signal }).catch(() => {});
  }
}
