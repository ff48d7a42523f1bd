import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ApiError } from '../api/errors.ts';
import type { ApiServer, Resource } from '../api/types.ts';
import { EVENTS, eventObject, eventSeries, happeningKey } from './event-object.ts';
import type { EventObject, Happening, Reporter } from './event-object.ts';
import { Repetitions } from './repetitions.ts';

export interface EventRecorderOptions {
  readonly api: Pick<ApiServer, 'resource'>;
  readonly reporter: Reporter;
  /** An event did not reach the server: too many were waiting, or it was refused. */
  readonly onLost?: () => void;
  readonly log: Logger;
  readonly clock?: () => Date;
  /** Identical happenings within this long are one event, which is told at the end how often it happened. Default 5 minutes. */
  readonly foldMs?: number;
  /** Before a second and third try. Default 1 s. */
  readonly retryMs?: number;
}

export interface EventRecorder {
  /** Returns at once and never throws: no work waits for an event, none fails because of one. */
  record(happening: Happening): void;
  /** Sends what is waiting, as far as that can be done within `timeoutMs`; records nothing more. */
  close(timeoutMs: number): Promise<void>;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new QueuedRecorder(options);
}

/** Beyond this the server is too slow for so many events; newer ones are lost, and counted. */
const MAX_WAITING = 1000;
const MAX_TRIES = 3;
const DEFAULT_FOLD_MS = 5 * 60_000;

type Write = (events: Resource<EventObject>) => Promise<unknown>;

class QueuedRecorder implements EventRecorder {
  private readonly events: Resource<EventObject>;
  private readonly reporter: Reporter;
  private readonly onLost: () => void;
  private readonly log: Logger;
  private readonly clock: () => Date;
  private readonly retryMs: number;
  private readonly repetitions: Repetitions<EventObject>;
  private readonly waiting: Write[] = [];
  private sending: Promise<void> | undefined;
  private readonly closing = new AbortController();
  private closed = false;

  constructor({ api, reporter, onLost, log, clock, foldMs, retryMs }: EventRecorderOptions) {
    this.events = api.resource<EventObject>(EVENTS);
    this.reporter = reporter;
    this.onLost = onLost ?? (() => {});
    this.log = log;
    this.clock = clock ?? (() => new Date());
    this.retryMs = retryMs ?? 1000;
    this.repetitions = new Repetitions(foldMs ?? DEFAULT_FOLD_MS, (event, count, lastTime) => {
      this.send((events) => events.apply(...addressOf(event), eventSeries(event, count, lastTime)));
    });
  }

  record(happening: Happening): void {
    if (this.closed) return;
    const now = this.clock();
    const key = happeningKey(happening);
    if (this.repetitions.isRepeated(key, now)) return;
    const event = eventObject(happening, this.reporter, now);
    this.repetitions.begin(key, event);
    const [namespace] = addressOf(event);
    this.send((events) => events.create(namespace, event));
  }

  async close(timeoutMs: number): Promise<void> {
    this.repetitions.tellAll();
    this.closed = true;
    const timer = setTimeout(() => this.closing.abort(), timeoutMs);
    await this.sending;
    clearTimeout(timer);
  }

  private send(write: Write): void {
    if (this.waiting.length >= MAX_WAITING) {
      this.onLost();
      return;
    }
    this.waiting.push(write);
    this.sending ??= this.sendWaiting();
  }

  /** One after the other: events are never worth more than one connection. */
  private async sendWaiting(): Promise<void> {
    for (let write = this.waiting.shift(); write !== undefined; write = this.waiting.shift()) {
      if (this.closing.signal.aborted) this.onLost();
      else await this.trySeveralTimes(write);
    }
    this.sending = undefined;
  }

  private async trySeveralTimes(write: Write): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await untilAborted(write(this.events), this.closing.signal);
        return;
      } catch (error) {
        // The first try went through, only its answer got lost.
        if (error instanceof ApiError && error.reason === 'AlreadyExists') return;
        if (tries === MAX_TRIES || !isWorthAnotherTry(error) || this.closing.signal.aborted) {
          this.log.warn({ err: error }, 'an event was lost');
          this.onLost();
          return;
        }
        const waitMs = Math.max(
          this.retryMs * tries,
          error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0,
        );
        await pause(waitMs, undefined, { signal: this.closing.signal }).catch(() => {});
      }
    }
  }
}

/** No answer, or a server in trouble. A refusal stays one: the namespace is being deleted, or the verb isn't granted. */
function isWorthAnotherTry(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 429 || error.status >= 500;
}

function addressOf({ metadata: { namespace = '', name } }: EventObject): [namespace: string, name: string] {
  return [namespace, name];
}

async function untilAborted<R>(answer: Promise<R>, signal: AbortSignal): Promise<R> {
  return await new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('there was no more time to send it'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
