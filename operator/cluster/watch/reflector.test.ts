import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectToApiServer } from '../api/connect.ts';
import {
  json,
  openWatch,
  refused,
  reset,
  scriptedServer,
  watchLines,
} from '../api/testing/scripted-server.ts';
import type { Answer, ReceivedRequest } from '../api/testing/scripted-server.ts';
import type { KubeObject } from '../api/types.ts';
import { createReflector } from './reflector.ts';
import type { Reflector, ReflectorOptions } from './reflector.ts';

const PODS = { group: '', version: 'v1', plural: 'pods' };

function pod(name: string, version: number, uid = name, namespace = 'n'): KubeObject {
  return { metadata: { name, namespace, uid, resourceVersion: String(version) } };
}

function list(version: number, ...items: readonly KubeObject[]): Answer {
  return json(200, { kind: 'PodList', metadata: { resourceVersion: String(version) }, items });
}

const added = (object: KubeObject): object => ({ type: 'ADDED', object });
const deleted = (object: KubeObject): object => ({ type: 'DELETED', object });
const bookmark = (version: number): object => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion: String(version) } },
});

interface Followed {
  readonly reflector: Reflector<KubeObject>;
  readonly changes: readonly string[];
  readonly restarts: readonly string[];
  readonly logged: readonly string[];
  readonly requests: readonly ReceivedRequest[];
}

interface Script {
  /** Answers to lists and to watches, in turn; the last of each is given again and again. */
  readonly lists: readonly Answer[];
  readonly watches: readonly Answer[];
  readonly silenceMs?: number;
  readonly options?: Partial<ReflectorOptions<KubeObject>>;
}

async function follow(script: Script, look: (followed: Followed) => Promise<void>): Promise<void> {
  const { lists, watches, silenceMs = 60_000, options = {} } = script;
  const counts = { list: 0, watch: 0 };
  await using server = await scriptedServer((request, response) => {
    const call = request.query.has('watch') ? 'watch' : 'list';
    const answers = call === 'watch' ? watches : lists;
    const answer = answers[Math.min(counts[call], answers.length - 1)];
    counts[call] += 1;
    answer?.(request, response);
  });
  const api = connectToApiServer({
    kubeConfig: server.kubeConfig,
    watchSilenceMs: silenceMs,
    requestTimeoutMs: 300,
  });
  const changes: string[] = [];
  const restarts: string[] = [];
  const logged: string[] = [];
  const reflector = createReflector<KubeObject>({
    api,
    kind: PODS,
    namespaces: 'all',
    indexBy: ({ metadata }) => metadata.labels?.['owner'],
    onChange: ({ type, object }) => void changes.push(`${type} ${object.metadata.uid}`),
    onRestart: (reason) => void restarts.push(reason),
    log: pino({}, { write: (line) => void logged.push(line) }),
    ...options,
  });
  const stop = new AbortController();
  const ended = reflector.run(stop.signal);
  try {
    await look({ reflector, changes, restarts, logged, requests: server.requests });
  } finally {
    stop.abort();
    await ended;
    api.close();
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('it did not come to that within 10 s');
    await pause(5);
  }
}

describe('a reflector', () => {
  test('lists, is synced, and follows the watch from there', async () => {
    const watch = openWatch(added(pod('b', 6)), deleted(pod('a', 7)));
    await follow(
      { lists: [list(5, pod('a', 3))], watches: [watch] },
      async ({ reflector, changes, requests }) => {
        await reflector.synced;
        expect(reflector.isSynced()).toBe(true);
        await until(() => changes.length === 3);
        expect(changes).toEqual(['added a', 'added b', 'deleted a']);
        expect(reflector.store.list()).toEqual([pod('b', 6)]);
        expect(requests[1]?.query.get('resourceVersion')).toBe('5');
      },
    );
  });

  test('keeps no managedFields, and what the transform leaves', async () => {
    const heavy = { ...pod('a', 1), spec: { large: true } };
    const item = { ...heavy, metadata: { ...heavy.metadata, managedFields: [{ manager: 'x' }] } };
    const options = { transform: ({ metadata }: KubeObject) => ({ metadata }) };
    await follow({ lists: [list(5, item)], watches: [openWatch()], options }, async ({ reflector }) => {
      await reflector.synced;
      expect(reflector.store.get('n/a')).toEqual(pod('a', 1));
    });
  });

  test('has one store behind the watches of several namespaces', async () => {
    const lists: Answer = (request, response) => {
      const namespace = request.path.split('/')[4] ?? '';
      list(5, pod('a', 1, `${namespace}-a`, namespace))(request, response);
    };
    const options = { namespaces: ['n1', 'n2', 'n1'], labelSelector: 'x=y' };
    await follow({ lists: [lists], watches: [openWatch()], options }, async ({ reflector, requests }) => {
      await reflector.synced;
      expect(reflector.store.get('n1/a')?.metadata.uid).toBe('n1-a');
      expect(reflector.store.get('n2/a')?.metadata.uid).toBe('n2-a');
      await until(() => requests.length === 4);
      expect(requests.every(({ query }) => query.get('labelSelector') === 'x=y')).toBe(true);
    });
  });

  test('offers an object again whose handler threw', async () => {
    let tries = 0;
    const options: Script['options'] = {
      onChange: () => {
        tries += 1;
        if (tries < 3) throw new Error('not now');
      },
    };
    await follow(
      { lists: [list(5, pod('a', 1))], watches: [openWatch()], options },
      async ({ reflector, logged }) => {
        await until(() => tries === 3);
        expect(reflector.isSynced()).toBe(true);
        expect(logged.filter((line) => line.includes('a change was not taken'))).toHaveLength(2);
      },
    );
  });

  test('asks a transform that threw again, with the same object', async () => {
    let tries = 0;
    const options = {
      transform: (object: KubeObject) => {
        if (object.metadata.name === 'b') tries += 1;
        if (tries === 1) throw new TypeError('bug');
        return object;
      },
    };
    const watches = [openWatch(added(pod('b', 6)))];
    await follow({ lists: [list(5)], watches, options }, async ({ changes, restarts, requests }) => {
      await until(() => changes.length === 1);
      expect(restarts).toEqual(['failed']);
      expect(requests.map(({ query }) => query.get('resourceVersion'))).toEqual([null, '5', '5']);
    });
  });
});

describe('a watch that ends', () => {
  test('goes on where it was, bookmarks included, without a list', async () => {
    const watches = [watchLines(added(pod('a', 6)), bookmark(9)), openWatch(added(pod('b', 12)))];
    await follow({ lists: [list(5)], watches }, async ({ changes, restarts, requests, logged }) => {
      await until(() => changes.length === 2);
      expect(restarts).toEqual(['ended']);
      expect(requests.map(({ query }) => query.get('resourceVersion'))).toEqual([null, '5', '9']);
      expect(logged).toEqual([]);
    });
  });

  test('at once, again and again, is not asked in a tight loop', async () => {
    await follow({ lists: [list(5)], watches: [watchLines()] }, async ({ reflector, requests }) => {
      await reflector.synced;
      await pause(250);
      expect(requests.length).toBeLessThan(6);
    });
  });

  test('by silence is opened again, without a word in the log', async () => {
    const watches = [openWatch(), openWatch(added(pod('a', 6)))];
    await follow({ lists: [list(5)], watches, silenceMs: 80 }, async ({ changes, restarts, logged }) => {
      await until(() => changes.length === 1);
      expect(restarts).toEqual(['silent']);
      expect(logged).toEqual([]);
    });
  });
});

const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };

describe('after too long a gap', () => {
  test.each([
    ['status', refused(410, 'Expired', 'too old resource version')],
    ['event', watchLines({ type: 'ERROR', object: gone })],
  ])('410 as %s lists anew and tells what happened meanwhile, by UID', async (_title, expired) => {
    const lists = [
      list(5, pod('stays', 1), pod('goes', 2), pod('again', 3, 'again-1')),
      list(50, pod('stays', 1), pod('again', 40, 'again-2'), pod('comes', 41)),
    ];
    await follow({ lists, watches: [expired, openWatch()] }, async ({ changes, restarts, requests }) => {
      await until(() => changes.length === 7);
      expect(changes.slice(3)).toEqual(['deleted goes', 'deleted again-1', 'added again-2', 'added comes']);
      expect(restarts).toEqual(['expired']);
      await until(() => requests.length === 4);
      expect(requests[3]?.query.get('resourceVersion')).toBe('50');
    });
  });
});

describe('nothing ends it', () => {
  const cut: Answer = (request, response) => {
    openWatch('{"type":"ADDED","obj')(request, response);
    setTimeout(() => response.socket?.resetAndDestroy(), 10);
  };
  test.each([
    [
      'ERROR event 500',
      watchLines({ type: 'ERROR', object: { ...gone, code: 500, reason: 'InternalError' } }),
      'refused',
    ],
    ['HTTP 500', refused(500, 'InternalError', 'etcd'), 'refused'],
    ['429', refused(429, 'TooManyRequests', 'busy', { 'Retry-After': '0.1' }), 'refused'],
    ['403', refused(403, 'Forbidden', 'no watch'), 'refused'],
    ['garbage', watchLines('<html>\n'), 'unreachable'],
    ['a cut in the middle of a line', cut, 'unreachable'],
    ['a reset', reset, 'unreachable'],
  ])('%s on the watch: it is opened again where it was', async (_title, fault, reason) => {
    const watches = [fault, fault, openWatch(added(pod('a', 6)))];
    await follow({ lists: [list(5)], watches }, async ({ changes, restarts, logged, requests }) => {
      await until(() => changes.length === 1);
      expect(restarts).toEqual([reason, reason]);
      expect(requests.filter(({ query }) => !query.has('watch'))).toHaveLength(1);
      const lines = logged.map((line) => (JSON.parse(line) as { msg: string }).msg);
      expect(lines).toEqual(['a watch broke, it is opened again until it holds', 'watching again']);
    });
  });

  test.each([
    ['500', refused(500, 'InternalError', 'etcd')],
    ['403', refused(403, 'Forbidden', 'no list')],
    ['404: the kind is not installed yet', refused(404, 'NotFound', 'no such resource')],
    ['a reset', reset],
    ['a body cut short', json(200, {}, { 'Content-Length': '5000' })],
  ])('%s on the list: it is asked again, and not synced meanwhile', async (_title, fault) => {
    const lists = [fault, fault, list(5, pod('a', 1))];
    await follow({ lists, watches: [openWatch()] }, async ({ reflector, changes, restarts }) => {
      await until(() => restarts.length === 1);
      expect(reflector.isSynced()).toBe(false);
      await reflector.synced;
      expect(changes).toEqual(['added a']);
    });
  });
});
