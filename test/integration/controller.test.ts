import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { exampleJob } from '../../crds/testing/example-job.ts';
import type { JobStatus } from '../../crds/status.ts';
import type { KubeObject } from '../../operator/cluster/api/types.ts';
import type { Pod } from '../../operator/cluster/controller/observe/pod.ts';
import { type RunningApiServer, startApiServer } from './api-server.ts';
import type { StartedOperator } from './controller-operator.ts';
import { bundleOperator, startOperator } from './controller-operator.ts';
import { describeOnApiServer, START_LIMIT_MS } from './suite.ts';

const SOON_MS = 20_000;
const ALONE = '--leader-election=false';

interface Job extends KubeObject {
  readonly status?: JobStatus;
}

describeOnApiServer('the operator on a real API server', () => {
  let server: RunningApiServer;
  let operators: StartedOperator[] = [];
  let namespace = '';
  let namespaces = 0;

  beforeAll(async () => {
    server = await startApiServer();
    await server.client.create('/api/v1/namespaces', { metadata: { name: 'terngrad' } });
  }, START_LIMIT_MS);
  afterAll(async () => server?.stop());

  beforeEach(async () => {
    namespaces += 1;
    namespace = `jobs-${namespaces}`;
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await server.client.create('/api/v1/namespaces', { metadata: { name: namespace, labels } });
  });
  afterEach(async () => {
    await Promise.all(operators.map((operator) => operator.stop()));
    operators = [];
  });

  async function start(...parameters: readonly string[]): Promise<StartedOperator> {
    const operator = await startOperator(
      server.kubeconfig,
      `--watch-namespaces=${namespace}`,
      ...(parameters.length === 0 ? [ALONE] : parameters),
    );
    operators.push(operator);
    return operator;
  }

  const jobsPath = (): string => `/apis/terngrad.dev/v1alpha1/namespaces/${namespace}/terngradjobs`;
  const corePath = (plural: string): string => `/api/v1/namespaces/${namespace}/${plural}`;

  async function apply(spec: Parameters<typeof exampleJob>[0], name = 'example'): Promise<void> {
    const { status, body } = await server.client.create(jobsPath(), exampleJob(spec, { name, namespace }));
    if (status !== 201) throw new Error(`the job was refused: ${JSON.stringify(body)}`);
  }

  async function change(spec: object): Promise<void> {
    const { status, body } = await server.client.merge(`${jobsPath()}/example`, { spec });
    if (status !== 200) throw new Error(`the change was refused: ${JSON.stringify(body)}`);
  }

  async function job(name = 'example'): Promise<Job> {
    return (await server.client.get(`${jobsPath()}/${name}`)).body as Job;
  }

  async function pods(): Promise<readonly Pod[]> {
    const { body } = await server.client.get(corePath('pods'));
    return (body as { items: readonly Pod[] }).items;
  }

  async function podNames(): Promise<readonly string[]> {
    return (await pods()).map(({ metadata }) => metadata.name).toSorted();
  }

  /** The test is the kubelet. */
  async function setPod(name: string, status: object): Promise<void> {
    const answer = await server.client.merge(`${corePath('pods')}/${name}/status`, { status });
    if (answer.status !== 200) throw new Error(`no status for ${name}: ${JSON.stringify(answer.body)}`);
  }

  async function runPod(name: string): Promise<void> {
    const startedAt = new Date().toISOString();
    await setPod(name, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }],
      containerStatuses: [containerStatus({ running: { startedAt } })],
    });
  }

  async function endPod(name: string, exitCode: number): Promise<void> {
    const finishedAt = new Date().toISOString();
    await setPod(name, {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [containerStatus({ terminated: { exitCode, startedAt: finishedAt, finishedAt } })],
    });
  }

  async function running(spec: Parameters<typeof exampleJob>[0]): Promise<void> {
    await apply(spec);
    const replicas = (spec as { workers: { replicas: number } }).workers.replicas;
    await until(async () => (await podNames()).length === replicas);
    await Promise.all((await podNames()).map(runPod));
    await until(async () => (await job()).status?.state === 'Running');
  }

  test('a job of 4 workers gets its children within 10 writes, all accepted under restricted pod security', async () => {
    const operator = await start();
    await until(async () => (await fetch(`http://127.0.0.1:${operator.port}/readyz`)).status === 200);
    await until(async () => (await operator.writes()) >= 1);
    const before = await operator.writes();
    await running({ workers: { replicas: 4 } });
    await until(async () => (await operator.writes()) - before === 10);
    const { uid } = (await job()).metadata;
    const owner = { kind: 'TernGradJob', uid, controller: true, blockOwnerDeletion: true };
    for (const path of [
      corePath('pods'),
      corePath('services'),
      corePath('secrets'),
      `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
    ]) {
      const { items } = (await server.client.get(path)).body as { items: readonly KubeObject[] };
      expect(items.length).toBeGreaterThan(0);
      // There is no garbage collector here: the owner is what it goes by.
      for (const { metadata } of items) expect(metadata.ownerReferences).toMatchObject([owner]);
    }
    const events = await server.client.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
    expect(events.body).toMatchObject({ items: [{ reason: 'JobRunning', regarding: { uid } }] });
    expect(server.kubectl('get', 'tgj', '-n', namespace)).toMatch(/example\s+Running\s+4\/4/);

    await pause(2_000);
    expect((await operator.writes()) - before).toBe(10);
    expect(await operator.metric('terngrad_operator_jobs', { state: 'Running' })).toBe(1);
    expect(await operator.metric('terngrad_operator_job_running_delay_seconds_count')).toBe(1);
    await server.client.delete(`${jobsPath()}/example`);
    await until(async () => (await operator.metric('terngrad_operator_jobs', { namespace })) === 0);
    await pause(1_000);
    expect((await operator.writes()) - before).toBe(10);
  });

  test('a worker that fails is replaced alone', async () => {
    await start();
    await running({ workers: { replicas: 2 }, failurePolicy: { backoffLimit: 3 } });
    await endPod('example-worker-1-1', 70);
    await until(async () => (await podNames()).includes('example-worker-1-2'));
    await runPod('example-worker-1-2');
    await until(async () => (await job()).status?.state === 'Running');
    expect((await job()).status).toMatchObject({ failureCount: 1, restarts: 1 });
    expect(await podNames()).toEqual(['example-worker-0-1', 'example-worker-1-1', 'example-worker-1-2']);
  });

  test('suspend takes the pods away, resume brings new attempts', async () => {
    await start();
    await running({ workers: { replicas: 2 } });
    await change({ suspend: true });
    await until(async () => (await podNames()).length === 0);
    await until(async () => (await job()).status?.state === 'Suspended');
    await change({ suspend: false });
    await until(async () => (await podNames()).length === 2);
    expect(await podNames()).toEqual(['example-worker-0-2', 'example-worker-1-2']);
    await Promise.all((await podNames()).map(runPod));
    await until(async () => (await job()).status?.state === 'Running');
  });

  test('a foreign Service with the name of a child is left as it is, and told', async () => {
    await server.client.create(corePath('services'), {
      metadata: { name: 'example-coordinator' },
      spec: { ports: [{ port: 80 }] },
    });
    const foreign = (await server.client.get(`${corePath('services')}/example-coordinator`)).body;
    await start();
    await apply({ workers: { replicas: 2 } });
    await until(async () => (await blocked())?.reason === 'NameTaken');
    expect((await blocked())?.message).toContain('Service example-coordinator exists already');
    expect((await server.client.get(`${corePath('services')}/example-coordinator`)).body).toEqual(foreign);
    await server.client.delete(`${corePath('services')}/example-coordinator`);
    await until(async () => (await blocked())?.status === 'False', 40_000);
  }, 90_000);

  test('a quota is told in the words of the API server, and heals', async () => {
    await server.client.create(corePath('resourcequotas'), {
      metadata: { name: 'small' },
      spec: { hard: { pods: '1' } },
    });
    // No controller counts here, so the test says what is used.
    await server.client.merge(`${corePath('resourcequotas')}/small/status`, {
      status: { hard: { pods: '1' }, used: { pods: '0' } },
    });
    await start();
    await apply({ workers: { replicas: 2 } });
    await until(async () => (await blocked())?.status === 'True');
    expect((await blocked())?.message).toContain('exceeded quota: small');
    await server.client.delete(`${corePath('resourcequotas')}/small`);
    await until(async () => (await podNames()).length === 2, 40_000);
    await until(async () => (await blocked())?.status === 'False');
  }, 90_000);

  test('what cannot be run yet is told, and nothing is made', async () => {
    await start();
    await apply({ workers: { replicas: 2 }, gang: { scheduler: 'volcano' } });
    await until(async () => (await conditionOf('Accepted'))?.status === 'False');
    expect((await conditionOf('Accepted'))?.message).toContain('spec.gang');
    expect(await podNames()).toEqual([]);
  });

  test('a job that another controller manages is not written to', async () => {
    const operator = await start();
    await apply({ workers: { replicas: 2 }, managedBy: 'kueue.x-k8s.io/multikueue' }, 'theirs');
    await running({ workers: { replicas: 1 } });
    expect((await job('theirs')).status).toBeUndefined();
    expect(await operator.metric('terngrad_operator_jobs')).toBe(1);
  });

  test('of two operators one leads; when it stops the other goes on at once', async () => {
    const lease = `--lease-name=${namespace}`;
    const first = await start(lease);
    await until(async () => (await first.metric('leader_election_master_status')) === 1);
    const second = await start(lease);
    await running({ workers: { replicas: 2 }, failurePolicy: { backoffLimit: 3 } });
    expect(await second.metric('leader_election_master_status')).toBe(0);
    expect(await second.writes()).toBe(0);
    expect(await first.stop()).toBe('stopped');
    await endPod('example-worker-0-1', 70);
    await until(async () => (await podNames()).includes('example-worker-0-2'));
    expect(await second.metric('leader_election_master_status')).toBe(1);
    operators = [second];
  }, 60_000);

  test('an operator that is killed at any moment leaves the next one to end the same', async () => {
    const parameters = [`--watch-namespaces=${namespace}`, ALONE];
    const names = Array.from({ length: 24 }, (_, rank) => `example-worker-${rank}-1`).toSorted();
    await apply({ workers: { replicas: 24 } });
    const program = await bundleOperator();
    try {
      for (const afterPods of [1, 7, 15]) {
        const victim = program.start(server.kubeconfig, ...parameters);
        await until(async () => (await podNames()).length >= afterPods, 60_000, victim.log);
        await victim.kill('SIGKILL');
      }
      const last = program.start(server.kubeconfig, ...parameters);
      await until(async () => (await podNames()).length >= 24, 60_000, last.log);
      await Promise.all((await podNames()).map(runPod));
      await until(async () => (await job()).status?.state === 'Running', SOON_MS, last.log);
      expect(await podNames()).toEqual(names);
      expect(await last.kill('SIGTERM')).toBe(0);
    } finally {
      await program.remove();
    }
  }, 300_000);

  test('an API server that is started anew finds the operator at work again', async () => {
    await start();
    await running({ workers: { replicas: 2 }, failurePolicy: { backoffLimit: 3 } });
    await server.killServer();
    await server.restartServer();
    await endPod('example-worker-1-1', 70);
    await until(async () => (await podNames()).includes('example-worker-1-2'), 60_000);
    expect((await job()).status?.failureCount).toBe(1);
  }, 180_000);

  async function conditionOf(type: string) {
    return (await job()).status?.conditions?.find((one) => one.type === type);
  }

  const blocked = () => conditionOf('Blocked');
});

function containerStatus(state: object): object {
  return { name: 'worker', image: 'worker', imageID: '', ready: false, restartCount: 0, state };
}

async function until(holds: () => Promise<boolean>, limitMs = SOON_MS, words = () => ''): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`it did not come true within ${limitMs} ms: ${String(holds)} ${words()}`);
    await pause(50);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
