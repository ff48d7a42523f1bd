import { describe, expect, test } from '@jest/globals';
import { isOurCluster, killContainer } from './containers.ts';
import { eventually } from './eventually.ts';
import { ownNamespace } from './namespace.ts';
import type { Pod } from './objects.ts';
import { endlessJob } from './small-job.ts';

const RUNNING_LIMIT_MS = 120_000;
const REPLICAS = 3;

/** Killing a container needs the node's runtime, which only our own cluster lets us at. */
const testOnOurs = isOurCluster() ? test : test.skip;

describe('A running job', () => {
  const { cluster, jobs } = ownNamespace('e2e-faults');

  const byRank = (pods: readonly Pod[]) =>
    pods.map(({ metadata, status }) => `${metadata.name} ${status.phase}`);
  const started = async (name: string) => {
    await jobs.create(endlessJob(name, REPLICAS));
    await jobs.untilState(name, 'Running', RUNNING_LIMIT_MS);
    return jobs.pods(name);
  };
  const pod = (pods: readonly Pod[], rank: number) => {
    const found = pods.find(({ metadata }) => metadata.labels?.['terngrad.dev/rank'] === String(rank));
    if (found === undefined) throw new Error(`no pod of rank ${rank}`);
    return found;
  };
  /** The replacement runs, the others are untouched, and training goes on. */
  const expectReplaced = async (name: string, before: readonly Pod[], rank: number) => {
    const replacement = `${name}-worker-${rank}-2`;
    const after = await eventually(
      `${replacement} runs`,
      RUNNING_LIMIT_MS,
      async () => {
        const pods = await jobs.pods(name);
        const found = pods.find(({ metadata }) => metadata.name === replacement);
        return found?.status.phase === 'Running' ? pods : undefined;
      },
      () => jobs.describe(name),
    );
    for (const other of before.filter((one) => one !== pod(before, rank))) {
      const same = after.find(({ metadata }) => metadata.uid === other.metadata.uid);
      expect(same?.status).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0 }] });
    }
    const { status } = await jobs.untilState(name, 'Running', RUNNING_LIMIT_MS);
    expect(status?.restarts).toBe(1);
    const stepNow = (await jobs.get(name)).status?.step ?? 0;
    await eventually('steps go on', 60_000, async () =>
      ((await jobs.get(name)).status?.step ?? 0) > stepNow ? true : undefined,
    );
  };

  testOnOurs.each([0, 1])(
    'replaces rank %d alone when its process is killed',
    async (rank) => {
      const name = `killed-${rank}`;
      const before = await started(name);
      killContainer(pod(before, rank));
      await expectReplaced(name, before, rank);
      await jobs.delete(name);
    },
    4 * RUNNING_LIMIT_MS,
  );

  test(
    'replaces a worker whose pod is deleted',
    async () => {
      const before = await started('deleted');
      const gone = pod(before, 2).metadata.name;
      await cluster.client.delete(`/api/v1/namespaces/${jobs.namespace}/pods/${gone}`);
      await expectReplaced('deleted', before, 2);
      await jobs.delete('deleted');
    },
    4 * RUNNING_LIMIT_MS,
  );

  test(
    'stops when it is suspended, keeps no pod, and runs again when it is resumed',
    async () => {
      await started('paused');
      await jobs.change('paused', { suspend: true });
      await jobs.untilState('paused', 'Suspended', RUNNING_LIMIT_MS);
      await eventually('its pods are gone', RUNNING_LIMIT_MS, async () =>
        (await jobs.pods('paused')).length === 0 ? true : undefined,
      );
      await jobs.change('paused', { suspend: false });
      await jobs.untilState('paused', 'Running', RUNNING_LIMIT_MS);
      expect(byRank(await jobs.pods('paused'))).toHaveLength(REPLICAS);
      await jobs.delete('paused');
    },
    4 * RUNNING_LIMIT_MS,
  );

  test('says within 30 s which image it cannot get, and heals when there is one', async () => {
    const image = { template: { image: 'registry.invalid/nobody/nothing:1' } };
    await jobs.create(endlessJob('no-image', 1, { workers: { replicas: 1, ...image } }));
    const { message } = await jobs.untilCondition(
      'no-image',
      (condition) => condition.message.includes('registry.invalid/nobody/nothing:1'),
      30_000,
    );
    expect(message).toMatch(/pull/i);
    await jobs.delete('no-image');
  }, 40_000);
});
