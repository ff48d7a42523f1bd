import type { ApiClient } from '../../integration/api-client.ts';
import { eventually } from '../eventually.ts';
import type { Jobs } from '../jobs.ts';
import { PodTimeline } from './pod-timeline.ts';
import { simulatedJob, simulatedPod } from './simulated-nodes.ts';

/** Requests side by side; a client that sends one after the other would measure itself. */
const LANES = 32;

/** From the first request to the last worker Running, of so many jobs at once; they are left there. */
export async function launchMany(
  client: ApiClient,
  jobs: Jobs,
  count: number,
  replicas: number,
): Promise<number> {
  const names = Array.from({ length: count }, (_, index) => `many-${index}`);
  return untilRunning(client, jobs.namespace, count * replicas, () =>
    inLanes(names, (name) => jobs.create(simulatedJob(name, replicas))),
  );
}

/** The same number of pods, made directly. */
export async function launchManyBarePods(
  client: ApiClient,
  namespace: string,
  count: number,
): Promise<number> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const names = Array.from({ length: count }, (_, index) => `bare-${index}`);
  return untilRunning(client, namespace, count, () =>
    inLanes(names, async (name) => {
      const { status, body } = await client.create(path, simulatedPod(name));
      if (status !== 201) throw new Error(`a bare pod was refused: ${JSON.stringify(body)}`);
    }),
  );
}

/** Everything in the namespace that these measurements have made. */
export async function clear(client: ApiClient, jobs: Jobs): Promise<void> {
  const pods = `/api/v1/namespaces/${jobs.namespace}/pods`;
  await client.delete(`/apis/terngrad.dev/v1alpha1/namespaces/${jobs.namespace}/terngradjobs`);
  await client.delete(`${pods}?gracePeriodSeconds=0`);
  await eventually('all pods are gone', 300_000, async () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { items } = (await client.get(`${pods}?limit=1`)).body as { items: unknown[] };
    return items.length === 0 ? true : undefined;
  });
}

async function untilRunning(
  client: ApiClient,
  namespace: string,
  count: number,
  create: () => Promise<void>,
): Promise<number> {
  const timeline = await PodTimeline.start(client, namespace);
  try {
    const startMs = performance.now();
    await create();
    const pods = await timeline.until(`${count} pods run`, count, ({ runningMs }) => runningMs !== undefined);
    return Math.max(...pods.map(({ runningMs }) => runningMs ?? Number.NaN)) - startMs;
  } finally {
    timeline.stop();
  }
}

async function inLanes(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const waiting = names.values();
  const lane = async () => {
    // oxlint-disable-next-line eslint/no-await-in-loop
    for (const name of waiting) await work(name);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
