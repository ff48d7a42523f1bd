import { beforeEach, expect, test } from '@jest/globals';
import { ExitCode } from '../../../../crds/exit-codes.ts';
import { exampleJob } from '../../../../crds/testing/example-job.ts';
import type { KubeObject } from '../../api/types.ts';
import { MemoryApiServer } from '../../testing/memory-api-server.ts';
import { TestClock } from '../../testing/test-clock.ts';
import { TestKubelet } from '../../testing/test-kubelet.ts';
import { TestOperator } from '../../testing/test-operator.ts';

const KEY = 'default/example';
const SERVICE = 'example-coordinator';

let clock: TestClock;
let server: MemoryApiServer;
let kubelet: TestKubelet;
let operator: TestOperator;

beforeEach(async () => {
  clock = new TestClock();
  server = new MemoryApiServer(clock.now);
  kubelet = new TestKubelet(server, clock.now);
  operator = new TestOperator(server, clock.now);
  const spec = { workers: { replicas: 2 }, failurePolicy: { backoffLimit: 3 } };
  server.put('terngradjobs', exampleJob(spec, { namespace: 'default' }) as KubeObject);
  await operator.settle();
  kubelet.runAll();
  await operator.settle();
});

type Service = KubeObject & { readonly spec: { readonly selector: Readonly<Record<string, string>> } };

function service(): Service {
  return server.find('services', 'default', SERVICE) as Service;
}

const selected = (): string | undefined => service().spec.selector['terngrad.dev/attempt'];

function select(attempt: string): void {
  const { spec } = service();
  const selector = { ...spec.selector, 'terngrad.dev/attempt': attempt };
  server.put('services', { ...service(), spec: { ...spec, selector } } as KubeObject);
}

async function rank0Replaced(): Promise<void> {
  kubelet.end('example-worker-0-1', ExitCode.internal);
  await operator.settle();
  kubelet.runAll();
  await operator.settle();
  expect(selected()).toBe('2');
}

test('an old view of the pods never leads the others back to an attempt that is fenced', async () => {
  const deaf = new TestOperator(server, clock.now);
  deaf.stores.pods.isBehind = true;
  await rank0Replaced();
  server.reads.length = 0;
  await deaf.look(KEY);
  expect(selected()).toBe('2');
  expect(server.reads).toContain('get pods default/example-worker-0-2');
});

test('nor does an old view of the Service: the server refuses what follows from it', async () => {
  const deaf = new TestOperator(server, clock.now);
  const { services } = deaf.stores;
  if (!('isBehind' in services)) throw new Error('its view of Services is not ours to hold back');
  services.isBehind = true;
  select('7');
  await rank0Replaced();
  const before = service();
  await deaf.look(KEY);
  expect(deaf.errors).toMatchObject([{ status: 409, reason: 'Conflict' }]);
  expect(service()).toEqual(before);
});

test('a Service that somebody has led to an attempt that never was is put right', async () => {
  select('7');
  await operator.settle();
  expect(selected()).toBe('1');
  expect(operator.errors).toEqual([]);
});

test('nobody is asked as long as the Service selects what is known', async () => {
  server.reads.length = 0;
  await rank0Replaced();
  expect(server.reads.filter((read) => read.startsWith('get pods'))).toEqual([]);
});
