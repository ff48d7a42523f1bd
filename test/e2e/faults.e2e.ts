import { describe, expect, test } from '@jest/globals';
import { isOurCluster, killContainer } from './containers.ts';
import { eventually } from './eventually.ts';
import { ownNamespace } from './namespace.ts';
import type { Pod } from './objects.ts';
import { operatorPod } from './operator.ts';
import { endlessJob } from './small-job.ts';

const RUNNING_LIMIT_MS = 120_000;
const REPLICAS = 3;

/** Killing a container needs the node's runtime, which only our own cluster lets us at. */
const testOnOurs = isOurCluster() ? test : test.skip;

describe('A running job', () => {
  const { cluster, jobs } = ownNamespace('e2e-faults');

  const started = async (name: string) => {
    await jobs.create(endlessJob(name, REPLICAS));
    await jobs.untilState(name, 'Running', RUNNING_LIMIT_MS);
    return jobs.pods(name);
  };
  const podOf = (pods: readonly Pod[], rank: number) => {
    const found = pods.find(({ metadata }) => metadata.labels?.['terngrad.dev/rank'] === String(rank));
    if (found === undefined) throw new Error(`no pod of rank ${rank}`);
    return found;
  };
  /** A second attempt of `rank` runs, and all train again. */
  const untilReplaced = async (name: string, rank: number) => {
    const replacement = `${name}-worker-${rank}-2`;
    await eventually(
      `${replacement} runs`,
      RUNNING_LIMIT_MS,
      async () => {
        const pods = await jobs.pods(name);
        const found = pods.find(({ metadata }) => metadata.name === replacement);
        return found?.status.phase === 'Running' ? true : undefined;
      },
      () => jobs.describe(name),
    );
    const { status } = await jobs.untilState(name, 'Running', RUNNING_LIMIT_MS);
    expect(status?.readyWorkers).toBe(REPLICAS);
    return status;
  };

  testOnOurs.each([0, 1])(
    'replaces rank %d when its process is killed, and counts that once',
    async (rank) => {
      const name = `killed-${rank}`;
      killContainer(podOf(await started(name), rank));
      const status = await untilReplaced(name, rank);
      expect(status?.failureCount).toBe(1);
      await jobs.delete(name);
    },
    4 * RUNNING_LIMIT_MS,
  );

  test(
    'replaces a worker whose pod is deleted, and counts nothing',
    async () => {
      const { name } = podOf(await started('deleted'), 2).metadata;
      await cluster.client.delete(`/api/v1/namespaces/${jobs.namespace}/pods/${name}`);
      const status = await untilReplaced('deleted', 2);
      expect(status?.failureCount).toBe(0);
      await jobs.delete('deleted');
    },
    4 * RUNNING_LIMIT_MS,
  );

  testOnOurs(
    'gets each of its pods once, when the operator is killed while it makes them',
    async () => {
      await jobs.create(endlessJob('orphaned', REPLICAS));
      await eventually('the first pod exists', RUNNING_LIMIT_MS, async () =>
        (await jobs.pods('orphaned')).length > 0 ? true : undefined,
      );
      killContainer(await operatorPod(cluster.client));
      await jobs.untilState('orphaned', 'Running', RUNNING_LIMIT_MS);
      expect((await jobs.pods('orphaned')).map(({ metadata }) => metadata.name)).toEqual(
        Array.from({ length: REPLICAS }, (_, rank) => `orphaned-worker-${rank}-1`),
      );
      await jobs.delete('orphaned');
    },
    2 * RUNNING_LIMIT_MS,
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
      expect(await jobs.pods('paused')).toHaveLength(REPLICAS);
      await jobs.delete('paused');
    },
    4 * RUNNING_LIMIT_MS,
  );

  test('says within 30 s which image it cannot get', async () => {
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
