import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createWorkQueue } from './work-queue.ts';
import type { QueueObserver, Work, WorkQueue, WorkQueueOptions } from './work-queue.ts';

const log = pino({ level: 'silent' });

interface Running {
  readonly queue: WorkQueue;
  /** Keys in the order in which their work began. */
  readonly begun: string[];
  /** Ends the work on a key that is under way. */
  readonly finish: (
    key: string,
    outcome?: { readonly error?: unknown; readonly lookAgainMs?: number },
  ) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What is due has begun. On a busy computer a timer alone may come before it. */
async function settled(): Promise<void> {
  await pause(5);
  await nextTurn();
}

/** A queue whose work takes until the test finishes it. */
function running(options: Partial<WorkQueueOptions> = {}): Running {
  const queue = createWorkQueue({ concurrency: 1, backoff: { initialMs: 20, maxMs: 80 }, log, ...options });
  const begun: string[] = [];
  const underWay = new Map<string, { resolve: (result: object) => void; reject: (error: unknown) => void }>();
  const work: Work = (key) => {
    begun.push(key);
    return new Promise((resolve, reject) => underWay.set(key, { resolve, reject }));
  };
  const stop = new AbortController();
  const ended = queue.run(work, stop.signal);
  return {
    queue,
    begun,
    finish: async (key, { error, lookAgainMs } = {}) => {
      await settled();
      if (error === undefined) underWay.get(key)?.resolve(lookAgainMs === undefined ? {} : { lookAgainMs });
      else underWay.get(key)?.reject(error);
      underWay.delete(key);
      await settled();
    },
    stop: async () => {
      stop.abort();
      for (const { resolve } of underWay.values()) resolve({});
      await ended;
    },
  };
}

describe('a key', () => {
  test('that is added often before its work begins is worked on once', async () => {
    const { queue, begun, finish, stop } = running();
    queue.add('busy');
    for (let time = 0; time < 5; time += 1) queue.add('a');
    await finish('busy');
    await finish('a');
    expect(begun).toEqual(['busy', 'a']);
    await stop();
  });

  test('that is added while its work runs is worked on again after, never twice at once', async () => {
    const { queue, begun, finish, stop } = running({ concurrency: 4 });
    queue.add('a');
    queue.add('a');
    await settled();
    expect(begun).toEqual(['a']);
    queue.add('a');
    queue.add('a');
    await finish('a');
    expect(begun).toEqual(['a', 'a']);
    await finish('a');
    expect(begun).toEqual(['a', 'a']);
    await stop();
  });

  test('that comes again and again goes behind those that wait', async () => {
    const { queue, begun, finish, stop } = running();
    queue.add('hot');
    queue.add('b');
    queue.add('c');
    for (const key of ['hot', 'b', 'c']) {
      queue.add('hot');
      await finish(key);
    }
    expect(begun).toEqual(['hot', 'b', 'c', 'hot']);
    await stop();
  });

  test('added before the queue runs is kept for it', async () => {
    const queue = createWorkQueue({ concurrency: 1, log });
    queue.add('a');
    const stop = new AbortController();
    const begun: string[] = [];
    await queue.run(async (key) => {
      begun.push(key);
      stop.abort();
      return {};
    }, stop.signal);
    expect(begun).toEqual(['a']);
  });
});

test('as many keys as allowed are worked on at once', async () => {
  const { queue, begun, finish, stop } = running({ concurrency: 3 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await settled();
  expect(begun).toEqual(['a', 'b', 'c']);
  await finish('b');
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  await stop();
});

describe('later', () => {
  test('the earliest of several times wins', async () => {
    const { queue, begun, finish, stop } = running();
    queue.addAfter('a', 60_000);
    queue.addAfter('a', 10);
    queue.addAfter('a', 30_000);
    await pause(60);
    expect(begun).toEqual(['a']);
    await finish('a');
    await pause(40);
    expect(begun).toEqual(['a']);
    await stop();
  });

  test('a key is looked at again when its work asks for it', async () => {
    const { queue, begun, finish, stop } = running();
    queue.add('a');
    await finish('a', { lookAgainMs: 10 });
    expect(begun).toEqual(['a']);
    await pause(60);
    expect(begun).toEqual(['a', 'a']);
    await stop();
  });

  test('a time further away than a timer can count does not fire at once', async () => {
    const { queue, begun, stop } = running();
    queue.addAfter('a', 2 ** 40);
    await pause(20);
    expect(begun).toEqual([]);
    await stop();
  });
});

/** The waits that the queue told its log, in milliseconds. */
function waitsIn(lines: readonly string[]): readonly number[] {
  return lines.map((line) => (JSON.parse(line) as { retryInMs: number }).retryInMs);
}

describe('a failure', () => {
  test('has the key tried again, later each time up to the cap, and is forgotten by a success', async () => {
    const lines: string[] = [];
    const outcomes = [1, 1, 1, 1, 0, 1];
    const queue = createWorkQueue({
      concurrency: 1,
      backoff: { initialMs: 5, maxMs: 20 },
      log: pino({}, { write: (line) => void lines.push(line) }),
    });
    const stop = new AbortController();
    queue.add('a');
    let tries = 0;
    await queue.run(async () => {
      const outcome = outcomes[tries];
      tries += 1;
      if (tries === outcomes.length) stop.abort();
      if (outcome === 1) throw new Error('refused');
      return { lookAgainMs: 1 };
    }, stop.signal);
    expect(waitsIn(lines)).toEqual([5, 10, 20, 20, 5]);
  });

  test('that names a longer wait gets it', async () => {
    const lines: string[] = [];
    const { queue, finish, stop } = running({ log: pino({}, { write: (line) => void lines.push(line) }) });
    queue.add('a');
    await finish('a', { error: { retryAfterMs: 5000 } });
    expect(waitsIn(lines)).toEqual([5000]);
    await stop();
  });

  test("of one key does not hold up others: job A's progress does not depend on job B's failure", async () => {
    const { queue, begun, finish, stop } = running();
    queue.add('bad');
    queue.add('good');
    await finish('bad', { error: new Error('refused') });
    expect(begun).toEqual(['bad', 'good']);
    await stop();
  });
});

describe('a stop', () => {
  test('waits for work under way and takes nothing new', async () => {
    const queue = createWorkQueue({ concurrency: 1, log });
    const stop = new AbortController();
    const begun: string[] = [];
    let finished = false;
    const ended = queue.run(async (key) => {
      begun.push(key);
      await pause(30);
      finished = true;
      return { lookAgainMs: 1 };
    }, stop.signal);
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 50);
    await settled();
    stop.abort();
    queue.add('d');
    await ended;
    expect(finished).toBe(true);
    await pause(20);
    expect(begun).toEqual(['a']);
  });

  test('before the start ends at once', async () => {
    const queue = createWorkQueue({ concurrency: 1, log });
    queue.add('a');
    const never: Work = () => Promise.reject(new Error('must not be called'));
    await queue.run(never, AbortSignal.abort());
  });
});

test('the metrics count as client-go counts', async () => {
  const seen: string[] = [];
  let nowMs = 0;
  const observer: QueueObserver = {
    added: () => seen.push('added'),
    depth: (keys) => seen.push(`depth ${keys}`),
    waited: (seconds) => seen.push(`waited ${seconds}`),
    worked: (seconds) => seen.push(`worked ${seconds}`),
    retried: () => seen.push('retried'),
  };
  const { queue, finish, stop } = running({ observer, monotonicMs: () => nowMs });
  queue.add('a');
  await settled();
  nowMs = 1000;
  queue.add('b');
  queue.add('b');
  nowMs = 3000;
  await finish('a', { error: new Error('refused') });
  expect(seen).toEqual(
    'added/depth 1/depth 0/waited 0/added/depth 1/retried/worked 3/depth 0/waited 2'.split('/'),
  );
  await stop();
});
