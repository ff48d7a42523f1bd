import { beforeEach, describe, expect, test } from '@jest/globals';
import { exampleJob } from '../../../crds/testing/example-job.ts';
import type { KubeObject } from '../api/types.ts';
import type { Write } from '../testing/memory-api-server.ts';
import { MemoryApiServer } from '../testing/memory-api-server.ts';
import { TestClock } from '../testing/test-clock.ts';
import { TestKubelet } from '../testing/test-kubelet.ts';
import { TestOperator } from '../testing/test-operator.ts';
import type { JobObject } from './job-object.ts';

let clock: TestClock;
let server: MemoryApiServer;
let kubelet: TestKubelet;
let operator: TestOperator;

beforeEach(() => {
  clock = new TestClock();
  server = new MemoryApiServer(clock.now);
  kubelet = new TestKubelet(server, clock.now);
  operator = new TestOperator(server, clock.now);
});

function apply(spec: Parameters<typeof exampleJob>[0] = {}, name = 'example'): void {
  const job = exampleJob({ workers: { replicas: 4 }, ...spec }, { name, namespace: 'default' });
  server.put('terngradjobs', job as KubeObject);
}

function job(name = 'example'): JobObject {
  const found = server.find('terngradjobs', 'default', name) as JobObject | undefined;
  if (found === undefined) throw new Error(`there is no job ${name}`);
  return found;
}

function condition(type: string) {
  return job().status?.conditions?.find((one) => one.type === type);
}

const verbs = (writes: readonly Write[]): readonly string[] =>
  writes.map(({ verb, plural }) => `${verb} ${plural}`).toSorted();

const pods = (...ranks: readonly number[]): readonly string[] =>
  ranks.map((rank) => `example-worker-${rank}-1`);

describe('a new job', () => {
  test('gets its children: the policy first, each pod after its Secret', async () => {
    apply();
    await operator.settle();
    expect(kubelet.names()).toEqual(pods(0, 1, 2, 3));
    const order = server.writes.map(({ plural, name }) => `${plural}/${name}`);
    expect(order[0]).toBe('networkpolicies/example');
    for (const rank of [0, 1, 2, 3]) {
      expect(order.indexOf(`secrets/example-worker-${rank}`)).toBeLessThan(
        order.indexOf(`pods/example-worker-${rank}-1`),
      );
    }
  });

  test('takes at most 13 writes until it runs, and none once it is settled', async () => {
    apply();
    await operator.settle();
    kubelet.runAll();
    await operator.settle();
    expect(job().status?.state).toBe('Running');
    console.log(verbs(server.writes));
    // The fourteenth is the event, which the recorder writes.
    expect(server.writes.length).toBeLessThanOrEqual(13);
    expect(operator.events.map(({ reason }) => reason)).toEqual(['JobRunning']);
    server.writes.length = 0;
    server.reads.length = 0;
    for (let looks = 0; looks < 5; looks += 1) await operator.look('default/example');
    expect(server.writes).toEqual([]);
    expect(server.reads).toEqual([]);
  });
});
