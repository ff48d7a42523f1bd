import { beforeEach, expect, test } from '@jest/globals';
import { resolvedExample } from '../../../../crds/testing/example-job.ts';
import type { ClusterJob } from '../../../plan/manifests/cluster-job.ts';
import { clusterJob } from '../../../plan/manifests/cluster-job.ts';
import type { KubeObject } from '../../api/types.ts';
import { MemoryApiServer } from '../../testing/memory-api-server.ts';
import { TestClock } from '../../testing/test-clock.ts';
import { secrets } from '../kinds.ts';
import { JobMemory } from '../memory/job-memory.ts';
import { inBlocks, RankSecrets } from './rank-secrets.ts';
import { renewCertificates } from './renew-certificates.ts';
import type { Cluster } from '../job-context.ts';

const DAY_MS = 24 * 3600_000;

let clock: TestClock;
let server: MemoryApiServer;
let issued: number;
let rankSecrets: RankSecrets;
let memory: JobMemory;
let job: ClusterJob;

function jobWith(changes: Parameters<typeof resolvedExample>[0]): ClusterJob {
  const resolved = resolvedExample(changes);
  return clusterJob({ ...resolved, metadata: { ...resolved.metadata, uid: 'uid-1' } });
}

beforeEach(() => {
  clock = new TestClock();
  server = new MemoryApiServer(clock.now);
  issued = 0;
  rankSecrets = new RankSecrets(server.resource(secrets), {
    // As the real ones, a certificate names its own end.
    issue: () => {
      issued += 1;
      const certificate = new Date(clock.now().getTime() + 20 * DAY_MS).toISOString();
      return Promise.resolve({ certificate, privateKey: 'key', authorities: 'ca' });
    },
    renewalTime: ({ certificate }) => {
      const time = new Date(certificate);
      return Number.isNaN(time.getTime()) ? new Date(0) : time;
    },
  });
  memory = freshMemory();
  job = jobWith({ workers: { replicas: 1 } });
});

function freshMemory(): JobMemory {
  return new JobMemory({ metadata: { name: 'example', uid: 'uid-1' } }, clock.now());
}

const ensure = (): Promise<void> => rankSecrets.ensure(job, { block: 0, ranks: [0] }, memory, clock.now());
const verbs = (): readonly string[] => server.writes.map(({ verb }) => verb);

function dataOf(file: string): string | undefined {
  const secret = server.find('secrets', 'default', 'example-ranks-0') as { data?: Record<string, string> };
  const text = secret.data?.[file];
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString();
}

test('the first time it is one write and no read', async () => {
  await ensure();
  expect(verbs()).toEqual(['create']);
  expect(server.reads).toEqual([]);
  expect(dataOf('0.key')).toBe('key');
  expect(JSON.parse(dataOf('job.json') ?? '')).toMatchObject({ metadata: { uid: 'uid-1' } });
});

test('for a further attempt it is read, and written only when it is gone', async () => {
  await ensure();
  await ensure();
  expect(verbs()).toEqual(['create']);
  server.remove('secrets', 'default', 'example-ranks-0');
  await ensure();
  expect(verbs()).toEqual(['create', 'create']);
});

test('it is made for all ranks that the job wants, and a rank that comes later is added', async () => {
  job = jobWith({ workers: { replicas: 3 } });
  await ensure();
  expect(issued).toBe(3);
  const before = dataOf('2.crt');
  clock.advance(DAY_MS);
  await rankSecrets.ensure(job, { block: 0, ranks: [3, 4] }, memory, clock.now());
  expect(issued).toBe(5);
  expect(verbs()).toEqual(['create', 'apply']);
  expect(dataOf('2.crt')).toBe(before);
  expect(dataOf('4.crt')).toBe(new Date(clock.now().getTime() + 20 * DAY_MS).toISOString());
});

test('a large job has several, each with its own ranks', async () => {
  job = jobWith({ training: { batchSize: 100 }, workers: { replicas: 100 } });
  await Promise.all(
    inBlocks(Array.from({ length: 100 }, (_, rank) => rank)).map((block) =>
      rankSecrets.ensure(job, block, memory, clock.now()),
    ),
  );
  expect(
    server
      .all('secrets')
      .map(({ metadata }) => metadata.name)
      .toSorted(),
  ).toEqual(['example-ranks-0', 'example-ranks-1']);
  expect(issued).toBe(100);
});

test('a spoiled certificate is replaced alone', async () => {
  job = jobWith({ workers: { replicas: 2 } });
  await ensure();
  const present = server.find('secrets', 'default', 'example-ranks-0') as { data?: Record<string, string> };
  const { '1.key': kept } = present.data ?? {};
  server.put('secrets', {
    metadata: { namespace: 'default', name: 'example-ranks-0' },
    data: { ...present.data, '0.crt': 'c3BvaWxlZA==' },
  } as KubeObject);
  await ensure();
  expect(issued).toBe(3);
  expect(dataOf('0.crt')).toBe(new Date(clock.now().getTime() + 20 * DAY_MS).toISOString());
  expect(server.find('secrets', 'default', 'example-ranks-0')).toMatchObject({ data: { '1.key': kept } });
});

test('one that a former process made is taken as it is', async () => {
  await ensure();
  memory = freshMemory();
  await ensure();
  expect(dataOf('0.crt')).toBe(new Date(clock.now().getTime() + 20 * DAY_MS).toISOString());
  expect(server.all('secrets')).toHaveLength(1);
});

test('a foreign one is left alone', async () => {
  const foreign = server.put('secrets', { metadata: { namespace: 'default', name: 'example-ranks-0' } });
  await expect(ensure()).rejects.toMatchObject({ code: 'CHILD_REFUSED', refused: { reason: 'NameTaken' } });
  expect(server.find('secrets', 'default', 'example-ranks-0')).toEqual(foreign);
});

test('one whose job file is another is put right', async () => {
  await ensure();
  job = jobWith({ training: { steps: 7 }, workers: { replicas: 1 } });
  await ensure();
  expect(verbs()).toEqual(['create', 'apply']);
  expect(JSON.parse(dataOf('job.json') ?? '')).toMatchObject({ spec: { training: { steps: 7 } } });
});

test('without TLS it holds the job alone, and never expires', async () => {
  job = jobWith({ tls: { enabled: false } });
  await ensure();
  clock.advance(400 * DAY_MS);
  await ensure();
  expect(issued).toBe(0);
  expect(verbs()).toEqual(['create']);
  expect(dataOf('0.crt')).toBeUndefined();
});

test('a running rank gets a new certificate when the old one is due, and is left alone until then', async () => {
  await ensure();
  // Of the cluster only these two are used.
  const cluster = { rankSecrets, clock: clock.now } as unknown as Cluster;
  const context = { key: 'default/example', job, memory, pods: [] };
  let looks = 0;
  for (let days = 0; days < 25; days += 0.25) {
    clock.advance(DAY_MS / 4);
    const next = await renewCertificates(cluster, context, [0]);
    expect(next?.getTime()).toBeGreaterThan(clock.now().getTime());
    looks += 1;
  }
  expect(looks).toBe(100);
  expect(verbs()).toEqual(['create', 'apply']);
  expect(issued).toBe(2);
});

test('Secrets of a former process are looked at within ten minutes, and put back if they are gone', async () => {
  const cluster = { rankSecrets, clock: clock.now } as unknown as Cluster;
  const context = { key: 'default/example', job, memory, pods: [] };
  const lookAt = await renewCertificates(cluster, context, [0]);
  expect(server.reads).toEqual([]);
  expect((lookAt?.getTime() ?? 0) - clock.now().getTime()).toBeLessThanOrEqual(600_000);
  clock.advance(600_000);
  await renewCertificates(cluster, context, [0]);
  expect(verbs()).toEqual(['create']);
  memory.authoritiesChanged(clock.now());
  const again = await renewCertificates(cluster, context, [0]);
  expect((again?.getTime() ?? 0) - clock.now().getTime()).toBeLessThanOrEqual(600_000);
});
