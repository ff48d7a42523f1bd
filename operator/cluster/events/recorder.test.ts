import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { connectToApiServer } from '../api/connect.ts';
import { json, refused, reset, scriptedServer, silence } from '../api/testing/scripted-server.ts';
import type { Answer, ReceivedRequest } from '../api/testing/scripted-server.ts';
import type { Happening } from './event-object.ts';
import { createEventRecorder } from './recorder.ts';
import type { EventRecorder, EventRecorderOptions } from './recorder.ts';

const happening: Happening = {
  regarding: {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    name: 'mnist',
    namespace: 'n',
    uid: 'u1',
  },
  type: 'Normal',
  reason: 'JobRunning',
  action: 'Train',
  note: '4 workers training',
};

interface Recorded {
  readonly requests: readonly ReceivedRequest[];
  readonly lost: number;
  readonly logged: readonly string[];
}

/** What the server got and the log was told of what `use` records. */
async function recording(
  answers: readonly Answer[],
  use: (recorder: EventRecorder) => Promise<void> | void,
  options: Partial<EventRecorderOptions> & { readonly closeWithinMs?: number } = {},
): Promise<Recorded> {
  await using server = await scriptedServer(...answers);
  const api = connectToApiServer({ kubeConfig: server.kubeConfig });
  const logged: string[] = [];
  let lost = 0;
  const recorder = createEventRecorder({
    api,
    reporter: { controller: 'terngrad.dev/operator', instance: 'operator-0' },
    retryMs: 10,
    onLost: () => void (lost += 1),
    log: pino({}, { write: (line) => void logged.push(line) }),
    ...options,
  });
  await use(recorder);
  await recorder.close(options.closeWithinMs ?? 5000);
  api.close();
  return { requests: server.requests, lost, logged };
}

describe('an event', () => {
  test('is created in the namespace of what it is about', async () => {
    const { requests, lost } = await recording([json(201, {})], (recorder) => recorder.record(happening));
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/apis/events.k8s.io/v1/namespaces/n/events' });
    expect(requests[0]?.body).toMatchObject({ reason: 'JobRunning', regarding: { uid: 'u1' } });
    expect(lost).toBe(0);
  });

  test('waits for nobody: recording returns although the server is silent', async () => {
    const { lost } = await recording([silence], (recorder) => recorder.record(happening), {
      closeWithinMs: 50,
    });
    expect(lost).toBe(1);
  });
});

describe('what happens again', () => {
  test('within the window is told once, and how often at its end', async () => {
    const { requests } = await recording(
      [json(201, {})],
      async (recorder) => {
        for (let time = 0; time < 5; time += 1) recorder.record(happening);
        recorder.record({ ...happening, note: 'another' });
        await pause(200);
      },
      { foldMs: 80 },
    );
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'PATCH']);
    expect(requests[2]?.body).toMatchObject({ series: { count: 5 } });
    const name = requests[2]?.path.split('/').at(-1);
    expect(requests[0]?.body).toMatchObject({ metadata: { name } });
  });

  test('is told at the close too', async () => {
    const { requests } = await recording([json(201, {})], (recorder) => {
      recorder.record(happening);
      recorder.record(happening);
    });
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'PATCH']);
  });

  test('after the window is told anew', async () => {
    const { requests } = await recording(
      [json(201, {})],
      async (recorder) => {
        recorder.record(happening);
        await pause(80);
        recorder.record(happening);
      },
      { foldMs: 20 },
    );
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });
});

describe('trouble', () => {
  test.each([
    ['500', refused(500, 'InternalError', 'etcd')],
    ['429', refused(429, 'TooManyRequests', 'busy')],
    ['a reset', reset],
  ])('%s: the same event is sent again', async (_title, fault) => {
    const { requests, lost } = await recording([fault, json(201, {})], (recorder) =>
      recorder.record(happening),
    );
    expect(requests).toHaveLength(2);
    expect(requests[1]?.body).toEqual(requests[0]?.body);
    expect(lost).toBe(0);
  });

  test('a try that went through without an answer is found out', async () => {
    const answers = [reset, refused(409, 'AlreadyExists', 'exists')];
    const { requests, lost, logged } = await recording(answers, (recorder) => recorder.record(happening));
    expect(requests).toHaveLength(2);
    expect(lost).toBe(0);
    expect(logged).toEqual([]);
  });

  test('a refusal is logged and counted, and the next event is sent', async () => {
    const answers = [refused(403, 'Forbidden', 'namespace is being terminated'), json(201, {})];
    const { requests, lost, logged } = await recording(answers, (recorder) => {
      recorder.record(happening);
      recorder.record({ ...happening, note: 'another' });
    });
    expect(requests).toHaveLength(2);
    expect(lost).toBe(1);
    expect(logged[0]).toContain('namespace is being terminated');
  });

  test('a server that stays in trouble gets three tries', async () => {
    const { requests, lost } = await recording([refused(500, 'InternalError', 'etcd')], (recorder) =>
      recorder.record(happening),
    );
    expect(requests).toHaveLength(3);
    expect(lost).toBe(1);
  });

  test('more events than can wait are lost and counted', async () => {
    const { lost } = await recording(
      [silence],
      (recorder) => {
        for (let index = 0; index < 1500; index += 1)
          recorder.record({ ...happening, note: `event ${index}` });
      },
      { closeWithinMs: 50 },
    );
    expect(lost).toBe(1500);
  });
});
