import { describe, expect, test } from '@jest/globals';
import { connectToApiServer } from './connect.ts';
import { ApiError, ApiUnreachableError } from './errors.ts';
import type { ApiCall } from './exchange.ts';
import {
  json,
  kubeConfigFor,
  refused,
  reset,
  scriptedServer,
  silence,
  stalled,
} from './testing/scripted-server.ts';
import type { Answer, ScriptedServer } from './testing/scripted-server.ts';
import type { KubeObject, WatchableResource } from './types.ts';

const PODS = { group: '', version: 'v1', plural: 'pods' };
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', uid: 'u1' } };

interface Connected {
  readonly server: ScriptedServer;
  readonly pods: WatchableResource<KubeObject>;
  readonly calls: readonly ApiCall[];
}

async function withServer(
  answers: readonly Answer[],
  use: (connected: Connected) => Promise<void>,
): Promise<void> {
  await using server = await scriptedServer(...answers);
  const calls: ApiCall[] = [];
  const api = connectToApiServer({
    kubeConfig: server.kubeConfig,
    requestTimeoutMs: 400,
    onCall: (call) => void calls.push(call),
  });
  try {
    await use({ server, pods: api.resource(PODS), calls });
  } finally {
    api.close();
  }
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('calls', () => {
  test('go over one kept connection and are counted', async () => {
    await withServer([json(200, pod)], async ({ server, pods, calls }) => {
      for (let call = 0; call < 5; call += 1) await pods.get('n', 'a');
      expect(server.connections()).toBe(1);
      expect(calls).toHaveLength(5);
      expect(calls[0]).toMatchObject({ method: 'GET', path: '/api/v1/namespaces/n/pods/a', code: '200' });
    });
  });

  test('more at once than the pool holds wait for a connection', async () => {
    const slow: Answer = (request, response) => void setTimeout(() => json(200, pod)(request, response), 20);
    await using server = await scriptedServer(slow);
    const api = connectToApiServer({ kubeConfig: server.kubeConfig });
    const pods = api.resource(PODS);
    await Promise.all(Array.from({ length: 80 }, () => pods.get('n', 'a')));
    expect(server.connections()).toBe(32);
    api.close();
  });

  test('keep fields that nobody here has heard of', async () => {
    const novel = { ...pod, spec: { fieldOfTheFuture: { deep: [1] } } };
    await withServer([json(200, novel)], async ({ pods }) => {
      expect(await pods.get('n', 'a')).toEqual(novel);
    });
  });

  test('a missing object is undefined', async () => {
    await withServer([refused(404, 'NotFound', 'pods "a" not found')], async ({ pods }) => {
      expect(await pods.get('n', 'a')).toBeUndefined();
    });
  });

  test('a name that would change the path is not sent', async () => {
    await withServer([json(200, pod)], async ({ server, pods }) => {
      for (const name of ['', '.', '..']) {
        expect(await rejection(pods.get('n', name))).toMatchObject({ code: 'INVALID_PATH_SEGMENT' });
      }
      expect(server.requests).toHaveLength(0);
    });
  });

  test('create names the field manager', async () => {
    await withServer([json(201, pod)], async ({ server, pods }) => {
      await pods.create('n', pod);
      const [request] = server.requests;
      expect(request).toMatchObject({ method: 'POST', path: '/api/v1/namespaces/n/pods', body: pod });
      expect(request?.query.get('fieldManager')).toBe('terngrad-operator');
      expect(request?.headers['content-type']).toBe('application/json');
    });
  });

  test.each([
    ['apply', '/api/v1/namespaces/n/pods/a'],
    ['applyStatus', '/api/v1/namespaces/n/pods/a/status'],
  ] as const)('%s is a server-side apply that takes fields over', async (method, path) => {
    await withServer([json(200, pod)], async ({ server, pods }) => {
      await pods[method]('n', 'a', pod);
      const [request] = server.requests;
      expect(request).toMatchObject({ method: 'PATCH', path, body: pod });
      expect(Object.fromEntries(request?.query ?? [])).toEqual({
        fieldManager: 'terngrad-operator',
        force: 'true',
      });
      expect(request?.headers['content-type']).toBe('application/apply-patch+yaml');
    });
  });

  test('an object of a group and a whole collection have their own paths', async () => {
    await using server = await scriptedServer(json(200, { items: [], metadata: {} }));
    const api = connectToApiServer({ kubeConfig: server.kubeConfig });
    const jobs = api.resource({ group: 'terngrad.dev', version: 'v1alpha1', plural: 'terngradjobs' });
    await jobs.list({});
    await jobs.list({ namespace: 'n', labelSelector: 'a=b,c' });
    api.close();
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/apis/terngrad.dev/v1alpha1/terngradjobs',
      '/apis/terngrad.dev/v1alpha1/namespaces/n/terngradjobs',
    ]);
    expect(server.requests[1]?.query.get('labelSelector')).toBe('a=b,c');
  });
});

describe('delete', () => {
  test('carries the UID, what was seen, and the grace', async () => {
    await withServer([json(200, pod)], async ({ server, pods }) => {
      const options = { uid: 'u1', resourceVersion: '7', gracePeriodSeconds: 5 };
      expect(await pods.delete('n', 'a', options)).toBe(true);
      expect(server.requests[0]?.body).toMatchObject({
        preconditions: { uid: 'u1', resourceVersion: '7' },
        gracePeriodSeconds: 5,
      });
    });
  });

  test('of what is gone is false', async () => {
    await withServer([refused(404, 'NotFound', 'gone')], async ({ pods }) => {
      expect(await pods.delete('n', 'a', { uid: 'u1' })).toBe(false);
    });
  });

  test('of a newer object of the same name is false', async () => {
    const newer = { ...pod, metadata: { name: 'a', uid: 'u2' } };
    await withServer([refused(409, 'Conflict', 'UID'), json(200, newer)], async ({ pods }) => {
      expect(await pods.delete('n', 'a', { uid: 'u1' })).toBe(false);
    });
  });

  test('that conflicts although the UID is right is an error', async () => {
    await withServer([refused(409, 'Conflict', 'busy'), json(200, pod)], async ({ pods }) => {
      expect(await rejection(pods.delete('n', 'a', { uid: 'u1' }))).toMatchObject({
        status: 409,
        message: 'busy',
      });
    });
  });
});

describe('refusals', () => {
  test('carry the words of the server, its reason and its details', async () => {
    const details = { causes: [{ field: 'spec.workers', message: 'too many' }] };
    const status = { kind: 'Status', code: 422, reason: 'Invalid', message: 'is invalid', details };
    await withServer([json(422, status)], async ({ pods }) => {
      const error = await rejection(pods.create('n', pod));
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({
        code: 'API_REFUSED',
        status: 422,
        reason: 'Invalid',
        message: 'is invalid',
        details,
      });
    });
  });

  test('of something in between keep the beginning of its text', async () => {
    const gateway: Answer = (_request, response) => void response.writeHead(502).end('<html>bad gateway');
    await withServer([gateway], async ({ pods }) => {
      const error = await rejection(pods.get('n', 'a'));
      expect(error).toMatchObject({ status: 502, reason: '', message: 'HTTP 502: <html>bad gateway' });
    });
  });

  test.each([429, 503])('%i is tried again after the time that the server asks for', async (status) => {
    const busy = refused(status, 'Busy', 'busy', { 'Retry-After': '0.05' });
    await withServer([busy, busy, json(200, pod)], async ({ server, pods, calls }) => {
      expect(await pods.get('n', 'a')).toEqual(pod);
      expect(server.requests).toHaveLength(3);
      expect(calls.map(({ code }) => code)).toEqual([String(status), String(status), '200']);
    });
  });

  test('a server that stays busy is given up after three retries', async () => {
    await withServer(
      [refused(429, 'TooManyRequests', 'busy', { 'Retry-After': '0' })],
      async ({ server, pods }) => {
        expect(await rejection(pods.get('n', 'a'))).toMatchObject({ status: 429, retryAfterMs: 0 });
        expect(server.requests).toHaveLength(4);
      },
    );
  });

  test('a create is not tried again, the wait is told', async () => {
    await withServer(
      [refused(429, 'TooManyRequests', 'busy', { 'Retry-After': '7' })],
      async ({ server, pods }) => {
        expect(await rejection(pods.create('n', pod))).toMatchObject({ status: 429, retryAfterMs: 7000 });
        expect(server.requests).toHaveLength(1);
      },
    );
  });

  test('500 is the caller’s', async () => {
    await withServer([refused(500, 'InternalError', 'etcd')], async ({ server, pods }) => {
      expect(await rejection(pods.get('n', 'a'))).toMatchObject({ status: 500, reason: 'InternalError' });
      expect(server.requests).toHaveLength(1);
    });
  });
});

describe('without a whole answer', () => {
  const garbage: Answer = (_request, response) => void response.end('oops');
  test.each([
    ['a server that never answers', silence, 'no whole answer within 400 ms'],
    ['a body that stalls', stalled(200, '{"half":'), 'no whole answer within 400 ms'],
    ['a connection cut after the write', reset, 'socket hang up|ECONNRESET'],
    ['an answer that is not JSON', garbage, 'JSON'],
  ])('%s is unreachable', async (_title, answer, words) => {
    await withServer([answer], async ({ server, pods, calls }) => {
      const error = await rejection(pods.create('n', pod));
      expect(error).toBeInstanceOf(ApiUnreachableError);
      expect(String(error)).toMatch(new RegExp(words));
      expect(server.requests).toHaveLength(1);
      expect(calls).toHaveLength(1);
    });
  });

  test('nobody listens', async () => {
    const api = connectToApiServer({ kubeConfig: kubeConfigFor('http://127.0.0.1:1') });
    const error = await rejection(api.resource(PODS).get('n', 'a'));
    expect(error).toMatchObject({ code: 'API_UNREACHABLE', method: 'GET' });
    api.close();
  });

  test('an idle connection that the server had closed is replaced, for what may be repeated', async () => {
    await withServer([json(200, pod), reset, json(200, pod)], async ({ server, pods }) => {
      await pods.get('n', 'a');
      expect(await pods.apply('n', 'a', pod)).toEqual(pod);
      expect(server.requests).toHaveLength(3);
    });
  });

  test('a create on such a connection is not repeated: it may have happened', async () => {
    await withServer([json(200, pod), reset, json(200, pod)], async ({ server, pods }) => {
      await pods.get('n', 'a');
      expect(await rejection(pods.create('n', pod))).toBeInstanceOf(ApiUnreachableError);
      expect(server.requests).toHaveLength(2);
    });
  });

  test('closing ends the calls under way', async () => {
    await using server = await scriptedServer(silence);
    const api = connectToApiServer({ kubeConfig: server.kubeConfig });
    const asked = rejection(api.resource(PODS).get('n', 'a'));
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    api.close();
    expect(await asked).toMatchObject({ code: 'API_UNREACHABLE' });
    expect(await rejection(api.resource(PODS).get('n', 'a'))).toMatchObject({ code: 'API_UNREACHABLE' });
  });
});
