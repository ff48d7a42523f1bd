import { beforeEach, describe, expect, test } from '@jest/globals';
import { ExitCode } from '../../../crds/exit-codes.ts';
import { exampleJob } from '../../../crds/testing/example-job.ts';
import { ApiError } from '../api/errors.ts';
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

beforeEach(() => {
  clock = new TestClock();
  server = new MemoryApiServer(clock.now);
  kubelet = new TestKubelet(server, clock.now);
  operator = new TestOperator(server, clock.now);
});

type Spec = Parameters<typeof exampleJob>[0];

function apply(spec: Spec = {}): void {
  const object = exampleJob({ workers: { replicas: 2 }, ...spec }, { namespace: 'default' }) as KubeObject;
  const generation = (server.find('terngradjobs', 'default', 'example')?.metadata.generation ?? 0) + 1;
  server.put('terngradjobs', { ...object, metadata: { ...object.metadata, generation } });
}

async function running(spec: Spec = {}): Promise<void> {
  apply(spec);
  await operator.settle();
  kubelet.runAll();
  await operator.settle();
  expect(job().status?.state).toBe('Running');
  server.writes.length = 0;
  operator.events.length = 0;
}

function job(): JobObject {
  const found = server.find('terngradjobs', 'default', 'example') as JobObject | undefined;
  if (found === undefined) throw new Error('the job is gone');
  return found;
}

function condition(type: string) {
  return job().status?.conditions?.find((one) => one.type === type);
}

/** What was written, without the order of what goes on at once. */
function written(): readonly string[] {
  return server.writes.map(({ verb, plural, name }) => `${verb} ${plural}/${name}`).toSorted();
}

const reasons = (): readonly string[] => operator.events.map(({ reason }) => reason);

function refuse(plural: string, status: number, reason: string, message: string): void {
  server.fateOf = (write) =>
    write.plural === plural && write.verb === 'create' ? new ApiError({ status, reason, message }) : 'done';
}

const accept = (): void => {
  server.fateOf = () => 'done';
};

describe('a new job', () => {
  test('gets its children: the policy and the Secret first, then the pods', async () => {
    apply({ workers: { replicas: 4 } });
    await operator.settle();
    expect(kubelet.names()).toEqual([0, 1, 2, 3].map((rank) => `example-worker-${rank}-1`));
    const order = server.writes.map(({ plural, name }) => `${plural}/${name}`);
    const before = order.slice(0, order.indexOf('pods/example-worker-0-1'));
    expect(before).toContain('networkpolicies/example');
    expect(before).toContain('secrets/example-ranks-0');
    for (const { metadata } of ['pods', 'secrets', 'services', 'networkpolicies'].flatMap((plural) => [
      ...server.all(plural),
    ])) {
      expect(metadata.ownerReferences).toMatchObject([{ uid: job().metadata.uid, controller: true }]);
    }
  });

  test.each([
    ['at once', 0, 9],
    ['after a while, in which it says that it starts', 100, 10],
  ])(
    'of 4 workers that run %s takes few writes until then, its event included',
    async (_, waitMs, writes) => {
      apply({ workers: { replicas: 4 } });
      await operator.settle();
      clock.advance(waitMs);
      await operator.settle();
      expect(job().status?.state).toBe(waitMs === 0 ? undefined : 'Starting');
      for (const name of kubelet.names()) {
        kubelet.run(name);
        await operator.settle();
      }
      expect(job().status?.state).toBe('Running');
      expect(reasons()).toEqual(['JobRunning']);
      expect(server.writes.length + operator.events.length).toBe(writes);
    },
  );

  test('among many is told later the more there are, after 10 s at the latest; one that runs is told at once', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `job-${index}`);
    for (const name of names) {
      const spec = { workers: { replicas: 1 } };
      server.put('terngradjobs', exampleJob(spec, { namespace: 'default', name, uid: name }) as KubeObject);
    }
    const told = () => names.filter((name) => stateOf(name) !== undefined).length;
    const stateOf = (name: string) =>
      (server.find('terngradjobs', 'default', name) as JobObject | undefined)?.status?.state;
    await operator.settle();
    expect(kubelet.names()).toHaveLength(100);
    clock.advance(1000);
    await operator.settle();
    expect(told()).toBeLessThan(20);
    kubelet.run('job-99-worker-0-1');
    await operator.settle();
    expect(stateOf('job-99')).toBe('Running');
    clock.advance(9000);
    await operator.settle();
    expect(told()).toBe(100);
  });

  test('whose first status is not stored when the operator dies goes on, from its start', async () => {
    apply();
    await operator.settle();
    const startedAt = clock.now();
    clock.advance(5000);
    const next = new TestOperator(server, clock.now);
    await next.settle();
    clock.advance(100);
    await next.settle();
    expect(kubelet.names()).toEqual(['example-worker-0-1', 'example-worker-1-1']);
    expect(job().status).toMatchObject({ state: 'Starting', restarts: 0 });
    expect(new Date(job().status?.startTime ?? '')).toEqual(startedAt);
  });

  test('that is settled is looked at without a write and without a read', async () => {
    await running();
    server.reads.length = 0;
    for (let looks = 0; looks < 5; looks += 1) await operator.look(KEY);
    expect(server.writes).toEqual([]);
    expect(server.reads).toEqual([]);
  });
});

describe('a job whose model could not be written', () => {
  test('is not trained at all, and says what is needed', async () => {
    apply({ output: { path: 'model.safetensors' } });
    await operator.settle();
    expect(kubelet.names()).toEqual([]);
    expect(condition('Accepted')).toMatchObject({ status: 'False', reason: 'InvalidSpec' });
    expect(condition('Accepted')?.message).toMatch(
      /spec\.output\.path is "model\.safetensors": is where rank 0 cannot write.*volumeClaim/,
    );
  });
});

describe('before the watch shows what was done', () => {
  test('no second pod is made, and no event told twice', async () => {
    operator.stores.pods.isBehind = true;
    apply();
    await operator.settle();
    for (let looks = 0; looks < 3; looks += 1) await operator.look(KEY);
    expect(kubelet.names()).toEqual(['example-worker-0-1', 'example-worker-1-1']);
    expect(written().filter((line) => line.includes('pods'))).toHaveLength(2);
  });

  test('a failure that was recorded is not forgotten', async () => {
    await running({ failurePolicy: { backoffLimit: 3 } });
    operator.stores.jobs.isBehind = true;
    kubelet.end('example-worker-1-1', ExitCode.internal);
    await operator.settle();
    server.remove('pods', 'default', 'example-worker-1-1');
    await operator.settle();
    expect(job().status?.failures).toHaveLength(1);
    expect(job().status?.failureCount).toBe(1);
    expect(reasons().filter((reason) => reason === 'WorkerFailed')).toHaveLength(1);
  });

  test('a pod that was made and deleted in a gap of the watch is made anew', async () => {
    operator.stores.pods.isBehind = true;
    apply();
    await operator.settle();
    server.remove('pods', 'default', 'example-worker-1-1');
    clock.advance(6_000);
    await operator.settle();
    expect(kubelet.names()).toHaveLength(2);
  });

  test('a deletion is not repeated', async () => {
    await running();
    apply({ suspend: true });
    operator.stores.pods.isBehind = true;
    await operator.settle();
    for (let looks = 0; looks < 3; looks += 1) await operator.look(KEY);
    expect(written().filter((line) => line.startsWith('delete'))).toHaveLength(2);
  });
});

describe('a worker that ends', () => {
  test('is replaced alone, at once, and rank 0 is found under its new attempt', async () => {
    await running({ failurePolicy: { backoffLimit: 3 } });
    kubelet.end('example-worker-0-1', ExitCode.internal);
    await operator.settle();
    expect(kubelet.names()).toEqual(['example-worker-0-1', 'example-worker-0-2', 'example-worker-1-1']);
    expect(server.find('services', 'default', 'example-coordinator')?.spec).toMatchObject({
      selector: { 'terngrad.dev/attempt': '2' },
    });
    expect(written()).toContain('apply services/example-coordinator');
    kubelet.runAll();
    await operator.settle();
    expect(job().status).toMatchObject({ state: 'Running', failureCount: 1, restarts: 1 });
  });

  test('without a failure left fails the job, whose status is stored before anything is deleted', async () => {
    await running({ cleanPodPolicy: 'all' });
    kubelet.end('example-worker-1-1', ExitCode.badConfiguration);
    await operator.settle();
    expect(job().status?.state).toBe('Failed');
    const order = server.writes.map(({ verb, name }) => `${verb} ${name}`);
    const firstDelete = order.findIndex((line) => line.startsWith('delete'));
    expect(firstDelete).toBeGreaterThan(-1);
    expect(order.indexOf('applyStatus example')).toBeLessThan(firstDelete);
    kubelet.reap();
    clock.advance(60_000);
    await operator.settle();
    expect(kubelet.names()).toEqual([]);
    expect(job().status?.failures).toHaveLength(1);
  });

  test('deleted by somebody gets its successor while it still lingers', async () => {
    await running();
    await server
      .resource({ group: '', version: 'v1', plural: 'pods' })
      .delete('default', 'example-worker-1-1', {});
    await operator.settle();
    expect(kubelet.names()).toEqual(['example-worker-0-1', 'example-worker-1-1', 'example-worker-1-2']);
  });
});

describe('children that others touch', () => {
  test.each([
    ['services', 'example-coordinator'],
    ['networkpolicies', 'example'],
  ])('a deleted %s/%s comes back', async (plural, name) => {
    await running();
    server.remove(plural, 'default', name);
    await operator.settle();
    expect(written()).toEqual([`create ${plural}/${name}`]);
  });

  test('a changed network policy is put right', async () => {
    await running();
    const policy = server.find('networkpolicies', 'default', 'example') as KubeObject & { spec: object };
    server.put('networkpolicies', { ...policy, spec: { ...policy.spec, ingress: [{}] } } as KubeObject);
    await operator.settle();
    expect(written()).toEqual(['apply networkpolicies/example']);
    expect(server.find('networkpolicies', 'default', 'example')?.spec).toEqual(policy.spec);
  });

  test('a deleted Secret is back before the next pod', async () => {
    await running({ failurePolicy: { backoffLimit: 3 } });
    server.remove('secrets', 'default', 'example-ranks-0');
    kubelet.end('example-worker-1-1', ExitCode.internal);
    await operator.settle();
    const order = server.writes.map(({ plural, name }) => `${plural}/${name}`);
    expect(order).toContain('secrets/example-ranks-0');
    expect(order.indexOf('secrets/example-ranks-0')).toBeLessThan(order.indexOf('pods/example-worker-1-2'));
  });

  test.each([
    ['pods', 'example-worker-1-1', 'Pod'],
    ['secrets', 'example-ranks-0', 'Secret'],
    ['services', 'example-coordinator', 'Service'],
    ['networkpolicies', 'example', 'NetworkPolicy'],
  ])('a foreign object in %s named %s is never touched, and the job says so', async (plural, name, kind) => {
    const foreign = server.put(plural, {
      metadata: { namespace: 'default', name },
      spec: { theirs: true },
    } as KubeObject);
    apply();
    await operator.settle();
    expect(condition('Blocked')).toMatchObject({ status: 'True', reason: 'NameTaken' });
    expect(condition('Blocked')?.message).toContain(`${kind} ${name} exists already`);
    clock.advance(60_000);
    await operator.settle();
    expect(server.find(plural, 'default', name)).toEqual(foreign);

    server.remove(plural, 'default', name);
    clock.advance(31_000);
    await operator.settle();
    expect(kubelet.names()).toEqual(['example-worker-0-1', 'example-worker-1-1']);
    expect(condition('Blocked')?.status).toBe('False');
  });
});

describe('what the API server refuses', () => {
  test('a full quota becomes a condition in its own words, without a storm, and heals', async () => {
    refuse('pods', 403, 'Forbidden', 'exceeded quota: small, requested: pods=1');
    apply();
    await operator.settle();
    expect(condition('Blocked')).toMatchObject({ status: 'True', reason: 'ChildRefused' });
    expect(condition('Blocked')?.message).toContain('exceeded quota: small, requested: pods=1');
    server.writes.length = 0;
    for (let seconds = 0; seconds < 300; seconds += 1) {
      clock.advance(1_000);
      await operator.settle();
    }
    // 5 minutes: one try after 1, 2, 4, 8 and 16 s, then every 30 s at the earliest.
    expect(written().filter((line) => line.startsWith('create pods')).length).toBeLessThanOrEqual(16);
    expect(written().filter((line) => line.startsWith('applyStatus')).length).toBeLessThanOrEqual(3);
    accept();
    clock.advance(31_000);
    await operator.settle();
    expect(kubelet.names()).toHaveLength(2);
    expect(condition('Blocked')?.status).toBe('False');
  });

  test('a pod that an admission webhook refuses says so', async () => {
    refuse('pods', 500, 'InternalError', 'failed calling webhook "mutate.example.com": no endpoints');
    apply();
    await operator.settle();
    expect(condition('Blocked')?.message).toContain('failed calling webhook "mutate.example.com"');
  });

  test('without its network policy no pod is made', async () => {
    refuse('networkpolicies', 403, 'Forbidden', 'networkpolicies is forbidden');
    apply();
    await operator.settle();
    expect(kubelet.names()).toEqual([]);
    expect(condition('Blocked')?.message).toContain('networkpolicies is forbidden');
  });

  test('a busy server is asked again, without a condition', async () => {
    let refusals = 4;
    server.fateOf = () => {
      refusals -= 1;
      return refusals < 0
        ? 'done'
        : new ApiError({ status: 429, reason: 'TooManyRequests', message: 'busy' });
    };
    apply();
    await operator.settle();
    expect(operator.errors).toHaveLength(2);
    expect(kubelet.names()).toHaveLength(2);
    clock.advance(100);
    await operator.settle();
    expect(condition('Blocked')?.status).toBe('False');
  });

  test('a server that is busy for long does not keep the job from saying that it starts', async () => {
    refuse('pods', 429, 'TooManyRequests', 'busy');
    apply();
    await operator.look(KEY);
    expect(job().status).toBeUndefined();
    clock.advance(15_000);
    await operator.look(KEY);
    expect(job().status?.state).toBe('Starting');
  });

  test('a Secret that the admin did not allow is named, and no pod is made', async () => {
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'theirs', key: 'token' } } }];
    apply({ workers: { replicas: 2, template: { env } } });
    await operator.settle();
    expect(kubelet.names()).toEqual([]);
    expect(condition('Blocked')).toMatchObject({ status: 'True', reason: 'SecretNotAllowed' });
    expect(condition('Blocked')?.message).toContain('"theirs"');
  });
});

describe('pods that do not start', () => {
  test.each([
    ['ImagePullBackOff', 'Back-off pulling image "none"'],
    ['CreateContainerConfigError', 'secret "allowed" not found'],
  ])('%s is told in the words of the kubelet, and heals', async (reason, message) => {
    apply();
    await operator.settle();
    kubelet.run('example-worker-0-1');
    kubelet.wait('example-worker-1-1', reason, message);
    clock.advance(10_000);
    await operator.settle();
    expect(condition('Blocked')).toMatchObject({ status: 'True', reason });
    expect(condition('Blocked')?.message).toContain(message);
    kubelet.run('example-worker-1-1');
    await operator.settle();
    expect(condition('Blocked')?.status).toBe('False');
    expect(job().status?.state).toBe('Running');
  });

  test('a volume that cannot be mounted is told from the events, as the pod says nothing', async () => {
    apply();
    await operator.settle();
    const pod = server.find('pods', 'default', 'example-worker-0-1') as KubeObject;
    server.put('pods', { ...pod, spec: { nodeName: 'node-1' }, status: { phase: 'Pending' } } as KubeObject);
    server.put('events', {
      metadata: { namespace: 'default', name: 'failed-mount' },
      reason: 'FailedMount',
      message: 'configmap "program" not found',
      involvedObject: { uid: pod.metadata.uid },
    } as KubeObject);
    clock.advance(20_000);
    await operator.settle();
    expect(condition('Blocked')).toMatchObject({ status: 'True', reason: 'FailedMount' });
    expect(condition('Blocked')?.message).toContain('configmap "program" not found');
  });
});

describe('a job that cannot be run as it is written', () => {
  test('says so once, and is not tried again until it changes', async () => {
    apply({ training: { steps: -1 } });
    await operator.settle();
    expect(condition('Accepted')).toMatchObject({ status: 'False', reason: 'InvalidSpec' });
    expect(condition('Accepted')?.message).toContain('spec.training.steps');
    expect(written()).toEqual(['applyStatus terngradjobs/example']);
    for (let looks = 0; looks < 3; looks += 1) await operator.look(KEY);
    clock.advance(3600_000);
    await operator.settle();
    expect(written()).toEqual(['applyStatus terngradjobs/example']);

    apply();
    await operator.settle();
    expect(condition('Accepted')).toBeUndefined();
    expect(kubelet.names()).toHaveLength(2);
  });
});

describe('what the user does', () => {
  test('suspend stops the workers, resume makes new attempts', async () => {
    await running();
    apply({ suspend: true });
    await operator.settle();
    for (const name of kubelet.names()) kubelet.end(name, ExitCode.stopped);
    kubelet.reap();
    await operator.settle();
    expect(kubelet.names()).toEqual([]);
    expect(job().status?.state).toBe('Suspended');
    apply({ suspend: false });
    await operator.settle();
    expect(kubelet.names()).toEqual(['example-worker-0-2', 'example-worker-1-2']);
    kubelet.runAll();
    await operator.settle();
    expect(job().status?.state).toBe('Running');
    expect(reasons()).toEqual(expect.arrayContaining(['JobSuspended', 'JobResumed']));
  });

  test('a job that another controller manages is not written to', async () => {
    apply({ managedBy: 'kueue.x-k8s.io/multikueue' });
    await operator.settle();
    expect(server.writes).toEqual([]);
  });

  test('a deleted job is forgotten, and nothing is written for it', async () => {
    await running();
    server.remove('terngradjobs', 'default', 'example');
    await operator.settle();
    expect(operator.memories.size).toBe(0);
    expect(server.writes).toEqual([]);
  });

  test('a job on its way out is left to the garbage collector', async () => {
    await running();
    const present = job();
    const deletionTimestamp = clock.now().toISOString();
    server.put('terngradjobs', { ...present, metadata: { ...present.metadata, deletionTimestamp } });
    server.remove('pods', 'default', 'example-worker-0-1');
    await operator.settle();
    expect(server.writes).toEqual([]);
  });

  test('a job made anew under its name waits for the pods of the old one, and then runs', async () => {
    await running();
    server.remove('terngradjobs', 'default', 'example');
    apply();
    await operator.settle();
    expect(condition('Blocked')).toMatchObject({ status: 'True', reason: 'NameTaken' });
    for (const plural of ['pods', 'secrets', 'services', 'networkpolicies']) {
      for (const { metadata } of server.all(plural)) server.remove(plural, 'default', metadata.name);
    }
    clock.advance(31_000);
    await operator.settle();
    for (const { metadata } of server.all('pods')) {
      expect(metadata.ownerReferences).toMatchObject([{ uid: job().metadata.uid }]);
    }
    expect(kubelet.names()).toHaveLength(2);
  });

  test('a finished job is deleted when its time is over', async () => {
    await running({ ttlSecondsAfterFinished: 60 });
    for (const name of kubelet.names()) kubelet.end(name, ExitCode.done);
    await operator.settle();
    expect(job().status?.state).toBe('Succeeded');
    clock.advance(61_000);
    await operator.settle();
    expect(server.all('terngradjobs')).toEqual([]);
  });
});

test('figures alone are written every 10 s at most', async () => {
  let step = 1;
  const progress = {
    of: () => ({
      step,
      totalSteps: 100,
      epoch: 0,
      samplesPerSecond: 10,
      stepMs: 5,
      bytes: { raw: 16, wire: 1 },
      ranks: [],
      suspects: [],
      stragglers: [],
      advancedAt: clock.now(),
    }),
    update: () => {},
    forget: () => {},
  };
  operator = new TestOperator(server, clock.now, progress);
  await running();
  for (let seconds = 0; seconds < 60; seconds += 1) {
    clock.advance(1_000);
    step += 1;
    await operator.look(KEY);
  }
  expect(written().length).toBeGreaterThanOrEqual(5);
  expect(written().length).toBeLessThanOrEqual(6);
  expect(job().status?.step).toBeGreaterThan(50);
});
