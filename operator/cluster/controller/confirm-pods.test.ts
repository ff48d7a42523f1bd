import { beforeEach, expect, test } from '@jest/globals';
import { ExitCode } from '../../../crds/exit-codes.ts';
import { exampleJob } from '../../../crds/testing/example-job.ts';
import type { KubeObject } from '../api/types.ts';
import { MemoryApiServer } from '../testing/memory-api-server.ts';
import { TestClock } from '../testing/test-clock.ts';
import { TestKubelet } from '../testing/test-kubelet.ts';
import { TestOperator } from '../testing/test-operator.ts';
import type { JobObject } from './job-object.ts';

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

/** By the operator that sees all: the failed attempt stays, its successor runs. */
async function replaced(rank: number): Promise<void> {
  kubelet.end(`example-worker-${rank}-1`, ExitCode.internal);
  await operator.settle();
  kubelet.runAll();
  await operator.settle();
  expect(job().status).toMatchObject({ state: 'Running', restarts: 1 });
}

test.each([0, 1])(
  'by an old view of the pods no living worker of rank %i gets a second one',
  async (rank) => {
    const deaf = new TestOperator(server, clock.now);
    deaf.stores.pods.isBehind = true;
    await replaced(rank);
    const [pods, { status }] = [kubelet.names(), job()];

    server.reads.length = 0;
    await deaf.look(KEY);
    expect(server.reads).toContain(`get pods default/example-worker-${rank}-2`);
    expect(kubelet.names()).toEqual(pods);
    // The pods that it still takes for alive are a figure, and nobody builds on it.
    expect({ ...job().status, workers: 2 }).toEqual(status);

    // When it sees as much as the other, that is put right, and there is still nothing to do.
    deaf.stores.pods.catchUp();
    clock.advance(10_000);
    await deaf.settle();
    expect(kubelet.names()).toEqual(pods);
    expect(job().status).toEqual(status);
  },
);

test('a worker that is gone indeed is asked for once, and replaced', async () => {
  server.reads.length = 0;
  server.remove('pods', 'default', 'example-worker-1-1');
  await operator.settle();
  expect(server.reads.filter((read) => read.startsWith('get pods'))).toEqual([
    'get pods default/example-worker-1-1',
  ]);
  expect(kubelet.names()).toEqual(['example-worker-0-1', 'example-worker-1-2']);
});

test('a pod of the same name that came later is not the worker that the status tells of', async () => {
  operator.stores.pods.isBehind = true;
  const pod = server.find('pods', 'default', 'example-worker-1-1');
  server.remove('pods', 'default', 'example-worker-1-1');
  operator.stores.pods.catchUp();
  server.put('pods', { ...pod, metadata: { ...pod?.metadata, name: 'example-worker-1-1', uid: 'other' } });
  await operator.look(KEY);
  expect(job().status?.ranks?.find(({ rank }) => rank === 1)?.state).not.toBe('running');
});
