import { describe, expect, test } from '@jest/globals';
import { connectToApiServer } from './connect.ts';
import { openWatch, refused, scriptedServer, watchLines } from './testing/scripted-server.ts';
import type { Answer, ReceivedRequest } from './testing/scripted-server.ts';
import type { KubeObject, WatchEvent } from './types.ts';

const PODS = { group: '', version: 'v1', plural: 'pods' };
const pod = (name: string): KubeObject => ({ metadata: { name, resourceVersion: '5' } });
const bookmark = {
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion: '9', creationTimestamp: null } },
};

interface Watched {
  readonly events: readonly WatchEvent<KubeObject>[];
  readonly error: unknown;
  readonly requests: readonly ReceivedRequest[];
}

/** Watches until it ends or fails. `stopAfter` events it is cancelled. */
async function watchOnce(
  answer: Answer,
  { silenceMs = 60_000, stopAfter = Infinity } = {},
): Promise<Watched> {
  await using server = await scriptedServer(answer);
  const api = connectToApiServer({ kubeConfig: server.kubeConfig, watchSilenceMs: silenceMs });
  const events: WatchEvent<KubeObject>[] = [];
  const stop = new AbortController();
  let error: unknown;
  try {
    const options = { namespace: 'n', labelSelector: 'a=b', resourceVersion: '4' };
    for await (const event of api.resource(PODS).watch(options, stop.signal)) {
      events.push(event);
      if (events.length >= stopAfter) stop.abort();
    }
  } catch (thrown) {
    error = thrown;
  } finally {
    api.close();
  }
  return { events, error, requests: server.requests };
}

describe('a watch', () => {
  test('gives events and bookmarks until the server ends it', async () => {
    const lines = ['ADDED', 'MODIFIED', 'DELETED'].map((type) => ({ type, object: pod('a') }));
    const { events, error } = await watchOnce(watchLines(...lines, bookmark));
    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: 'added', object: pod('a') },
      { type: 'modified', object: pod('a') },
      { type: 'deleted', object: pod('a') },
      { type: 'bookmark', resourceVersion: '9' },
    ]);
  });

  test('asks for bookmarks, from where, and for an end after 5 to 10 minutes', async () => {
    const { requests } = await watchOnce(watchLines());
    const query = Object.fromEntries(requests[0]?.query ?? []);
    expect(query).toMatchObject({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '4',
      labelSelector: 'a=b',
    });
    expect(Number(query['timeoutSeconds'])).toBeGreaterThanOrEqual(300);
    expect(Number(query['timeoutSeconds'])).toBeLessThanOrEqual(600);
  });

  test('joins an event that comes in pieces, cut within a character too', async () => {
    const bytes = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: pod('größe') })}\n`);
    const cut = bytes.indexOf(0xc3) + 1;
    const inPieces: Answer = (_request, response) => {
      response.writeHead(200);
      response.write(bytes.subarray(0, cut));
      setTimeout(() => response.end(bytes.subarray(cut)), 30);
    };
    const { events } = await watchOnce(inPieces);
    expect(events).toEqual([{ type: 'added', object: pod('größe') }]);
  });

  test('ends without an error when it is cancelled', async () => {
    const { events, error } = await watchOnce(openWatch({ type: 'ADDED', object: pod('a') }), {
      stopAfter: 1,
    });
    expect(error).toBeUndefined();
    expect(events).toHaveLength(1);
  });

  test('that is half open is given up after the silence', async () => {
    const { events, error } = await watchOnce(openWatch({ type: 'ADDED', object: pod('a') }), {
      silenceMs: 80,
    });
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ code: 'WATCH_SILENT' });
  });

  test.each([
    ['410 as status', refused(410, 'Expired', 'too old resource version'), 410, 'Expired'],
    ['403', refused(403, 'Forbidden', 'may not watch'), 403, 'Forbidden'],
    [
      '410 as event',
      watchLines({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'old' } }),
      410,
      'Expired',
    ],
    [
      'ERROR event 500',
      watchLines({ type: 'ERROR', object: { kind: 'Status', code: 500, reason: 'InternalError' } }),
      500,
      'InternalError',
    ],
    ['ERROR event that says nothing', watchLines({ type: 'ERROR', object: {} }), 500, ''],
  ])('refused by %s tells status and reason', async (_title, answer, status, reason) => {
    const { error } = await watchOnce(answer);
    expect(error).toMatchObject({ code: 'API_REFUSED', status, reason });
  });

  const cut: Answer = (_request, response) => {
    response.writeHead(200);
    response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n', () =>
      response.socket?.resetAndDestroy(),
    );
  };
  test.each([
    ['ends in the middle of an event', watchLines('{"type":"ADDED","obj')],
    ['sends garbage', watchLines('<html>\n')],
    ['sends an unknown type', watchLines({ type: 'NEWS', object: pod('a') })],
    ['sends an event without an object', watchLines({ type: 'ADDED' })],
    ['is cut', cut],
  ])('that %s is a lost connection', async (_title, answer) => {
    const { error } = await watchOnce(answer);
    expect(error).toMatchObject({ code: 'API_UNREACHABLE' });
  });
});
