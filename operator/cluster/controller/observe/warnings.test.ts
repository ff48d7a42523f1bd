import { beforeEach, expect, test } from '@jest/globals';
import { MemoryApiServer } from '../../testing/memory-api-server.ts';
import { TestClock } from '../../testing/test-clock.ts';
import { events } from '../kinds.ts';
import { Warnings } from './warnings.ts';

let clock: TestClock;
let server: MemoryApiServer;
let warnings: Warnings;

beforeEach(() => {
  clock = new TestClock();
  server = new MemoryApiServer(clock.now);
  warnings = new Warnings(server.resource(events), clock.now);
});

function warn(name: string, uid: string, message: string): void {
  const lastTimestamp = clock.now().toISOString();
  const event = { reason: 'FailedMount', message, lastTimestamp, involvedObject: { uid } };
  server.put('events', { metadata: { namespace: 'default', name }, ...event });
}

test('the newest warning about a pod is told', async () => {
  warn('b', 'pod-1', 'old');
  clock.advance(1_000);
  warn('a', 'pod-1', 'new');
  expect(await warnings.newest('default', 'pod-1')).toMatchObject({ reason: 'FailedMount', message: 'new' });
  expect(await warnings.newest('default', 'pod-2')).toBeUndefined();
});

test('all pods of a namespace share one reading, for a few seconds', async () => {
  await Promise.all(['pod-1', 'pod-2', 'pod-3'].map((uid) => warnings.newest('default', uid)));
  expect(server.reads).toEqual(['list events']);
  warn('a', 'pod-1', 'later');
  clock.advance(5_000);
  expect(await warnings.newest('default', 'pod-1')).toMatchObject({ message: 'later' });
  await warnings.newest('elsewhere', 'pod-1');
  expect(server.reads).toHaveLength(3);
});

test('a reading that failed is not kept', async () => {
  const broken = { ...server.resource(events), list: () => Promise.reject(new Error('busy')) };
  const list = broken.list;
  warnings = new Warnings(broken, clock.now);
  await expect(warnings.newest('default', 'pod-1')).rejects.toThrow('busy');
  broken.list = () => Promise.resolve([]) as unknown as ReturnType<typeof list>;
  expect(await warnings.newest('default', 'pod-1')).toBeUndefined();
});
