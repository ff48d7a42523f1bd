import { beforeEach, expect, test } from '@jest/globals';
import { ExitCode } from '../../../../crds/exit-codes.ts';
import { exampleJob } from '../../../../crds/testing/example-job.ts';
import { ApiError } from '../../api/errors.ts';
import type { KubeObject } from '../../api/types.ts';
import { MemoryApiServer } from '../../testing/memory-api-server.ts';
import { TestClock } from '../../testing/test-clock.ts';
import { TestKubelet } from '../../testing/test-kubelet.ts';
import { TestOperator } from '../../testing/test-operator.ts';
import type { JobObject } from '../job-object.ts';

const KEY = 'default/example';

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

function job(): JobObject {
  return server.find('terngradjobs', 'default', 'example') as JobObject;
}

/** Has seen the job as it is now, and hears of nothing further. */
function operatorThatHearsNothing(): TestOperator {
  const deaf = new TestOperator(server, clock.now);
  for (const store of Object.values(deaf.stores)) if ('isBehind' in store) store.isBehind = true;
  return deaf;
}

const statusWrites = (): number => server.writes.filter(({ verb }) => verb === 'applyStatus').length;

test('an operator that looks at the past writes nothing over what is newer', async () => {
  const deaf = operatorThatHearsNothing();
  kubelet.end('example-worker-1-1', ExitCode.internal);
  await operator.settle();
  kubelet.runAll();
  await operator.settle();
  const { status } = job();
  expect(status).toMatchObject({ state: 'Running', failureCount: 1, restarts: 1 });

  // Of the pods it hears, of the job not: the failure looks new to it.
  deaf.stores.pods.catchUp();
  await deaf.look(KEY);
  expect(deaf.errors).toMatchObject([{ status: 409, reason: 'Conflict' }]);
  expect(deaf.errors[0]).toBeInstanceOf(ApiError);
  expect(job().status).toEqual(status);
  expect(kubelet.names()).toEqual(['example-worker-0-1', 'example-worker-1-1', 'example-worker-1-2']);

  deaf.stores.jobs.catchUp();
  const before = server.writes.length;
  await deaf.settle();
  expect(deaf.errors).toHaveLength(1);
  expect(server.writes).toHaveLength(before);
  expect(job().status).toEqual(status);
});

test('what it has written itself counts as read: the next status is written without the watch', async () => {
  operator.stores.jobs.isBehind = true;
  kubelet.end('example-worker-1-1', ExitCode.internal);
  await operator.settle();
  kubelet.runAll();
  await operator.settle();
  expect(operator.errors).toEqual([]);
  expect(job().status).toMatchObject({ state: 'Running', failureCount: 1 });
});

test('a change by the user in between costs one refusal, and the next look knows of it', async () => {
  operator.stores.jobs.isBehind = true;
  const { metadata } = job();
  server.put('terngradjobs', {
    ...job(),
    metadata: { ...metadata, labels: { theirs: 'yes' } },
  });
  kubelet.end('example-worker-1-1', ExitCode.internal);
  const before = statusWrites();
  await operator.look(KEY);
  expect(operator.errors).toMatchObject([{ status: 409 }]);
  operator.stores.jobs.catchUp();
  await operator.settle();
  expect(operator.errors).toHaveLength(1);
  expect(statusWrites() - before).toBeGreaterThan(1);
  expect(job().status).toMatchObject({ failureCount: 1 });
  expect(job().metadata.labels).toMatchObject({ theirs: 'yes' });
});
