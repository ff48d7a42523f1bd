import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectedCluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { ownNamespace } from './namespace.ts';
import { endlessJob } from './small-job.ts';

const GPU = 'nvidia.com/gpu';
const GPUS = 2;

describe('A job with a GPU per worker, on a node that says it has two', () => {
  const { client } = connectedCluster();
  const { jobs } = ownNamespace('e2e-gpu');
  let node = '';

  /** As a device plugin would, but that nothing stands behind it. */
  const advertise = async (count: number | null) => {
    const gpus = count === null ? null : String(count);
    const body = { status: { capacity: { [GPU]: gpus }, allocatable: { [GPU]: gpus } } };
    const { status } = await client.merge(`/api/v1/nodes/${node}/status`, body);
    if (status !== 200) throw new Error(`node ${node} takes no GPUs: ${status}`);
  };
  beforeAll(async () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { items } = (await client.get('/api/v1/nodes')).body as { items: { metadata: { name: string } }[] };
    node = items[0]?.metadata.name ?? '';
    await advertise(GPUS);
  });
  afterAll(async () => {
    await advertise(null);
    client.close();
  });

  test('gets pods with one GPU each, of the GPU image, that tolerate the nodes kept for GPUs', async () => {
    await jobs.create(endlessJob('gpus', 2, { workers: { gpusPerWorker: 1, replicas: 2 } }));
    const pods = await eventually('both pods are scheduled', 30_000, async () => {
      const found = await jobs.pods('gpus');
      return found.length === 2 && found.every(({ spec }) => spec.nodeName !== undefined) ? found : undefined;
    });
    for (const { spec } of pods) {
      const [worker] = spec.containers;
      expect(worker?.resources?.limits?.[GPU]).toBe('1');
      expect(worker?.image).toContain('trainer-gpu');
      expect(spec.tolerations?.map(({ key }) => key)).toContain(GPU);
      expect(spec.nodeName).toBe(node);
    }
    await jobs.delete('gpus');
    await eventually('the GPUs are free', 60_000, async () =>
      (await jobs.pods('gpus')).length === 0 ? true : undefined,
    );
  }, 100_000);

  test('says within 30 s that the cluster has too few, in the words of the scheduler', async () => {
    await jobs.create(endlessJob('too-many', 3, { workers: { gpusPerWorker: 1, replicas: 3 } }));
    const { message } = await jobs.untilCondition(
      'too-many',
      (condition) => condition.message.includes(`Insufficient ${GPU}`),
      30_000,
    );
    expect(message).toContain('worker');
    await jobs.delete('too-many');
  }, 40_000);
});
