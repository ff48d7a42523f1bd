import type { Logger } from 'pino';
import type { KubeObject } from '../api/types.ts';
import type { Change, ChangeHandler } from './change.ts';
import { keyOf } from './indexed-store.ts';

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 30_000;

interface Undelivered<T extends KubeObject> {
  readonly changes: Change<T>[];
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Hands changes to the handler. One that makes it throw is reported and offered again until it is taken; later changes of the same
 * object wait behind it, so that each object's story stays in order. Other objects are not held up.
 */
export class Delivery<T extends KubeObject> {
  private readonly handler: ChangeHandler<T>;
  private readonly log: Logger;
  private readonly undelivered = new Map<string, Undelivered<T>>();

  constructor(handler: ChangeHandler<T>, log: Logger) {
    this.handler = handler;
    this.log = log;
  }

  offer(changes: readonly Change<T>[]): void {
    for (const change of changes) {
      const key = keyOf(change.object);
      const waiting = this.undelivered.get(key);
      if (waiting !== undefined) {
        waiting.changes.push(change);
        continue;
      }
      const pending: Undelivered<T> = { changes: [change], failures: 0, timer: undefined };
      this.undelivered.set(key, pending);
      this.deliver(key, pending);
    }
  }

  stop(): void {
    for (const { timer } of this.undelivered.values()) clearTimeout(timer);
    this.undelivered.clear();
  }

  private deliver(key: string, pending: Undelivered<T>): void {
    for (let change = pending.changes[0]; change !== undefined; change = pending.changes[0]) {
      try {
        this.handler(change);
      } catch (error) {
        const waitMs = Math.min(FIRST_WAIT_MS * 2 ** pending.failures, MAX_WAIT_MS);
        pending.failures += 1;
        this.log.error({ err: error, key, change: change.type, retryInMs: waitMs }, 'a change was not taken');
        pending.timer = setTimeout(() => this.deliver(key, pending), waitMs);
        return;
      }
      pending.changes.shift();
    }
    this.undelivered.delete(key);
  }
}
