import type { ApiClient } from '../../integration/api-client.ts';
import { eventually } from '../eventually.ts';
import type { TernGradJob } from '../../../crds/index.ts';
import type { Jobs } from '../jobs.ts';
import type { BarePods } from './bare-pods.ts';
import { lastOf, PodTimeline } from './pod-timeline.ts';

export interface LaunchTimes {
  /** From the request that creates the job to the last of its pods. */
  readonly podsExistMs: number;
  /** ... to the last of its pods Running. */
  readonly allRunningMs: number;
}

const WORKERS = `terngrad.dev/job-name`;

/** A job, from its creation to all its pods Running; it is left there. */
export async function launchJob(
  client: ApiClient,
  jobs: Jobs,
  job: TernGradJob,
  replicas: number,
): Promise<LaunchTimes> {
  const { name } = job.metadata;
  const timeline = await PodTimeline.start(client, jobs.namespace, `${WORKERS}=${name}`);
  try {
    const startMs = performance.now();
    await jobs.create(job);
    const pods = await timeline.until(`${name} runs`, replicas, ({ runningMs }) => runningMs !== undefined);
    return {
      podsExistMs: lastOf(pods, 'addedMs') - startMs,
      allRunningMs: lastOf(pods, 'runningMs') - startMs,
    };
  } finally {
    timeline.stop();
  }
}

/** The same pods without an operator, by as many requests side by side. They are left there. */
export async function launchBarePods(
  client: ApiClient,
  jobs: Jobs,
  bare: BarePods,
  count = bare.count,
): Promise<number> {
  const timeline = await PodTimeline.start(client, jobs.namespace, bare.selector);
  try {
    const startMs = performance.now();
    await bare.create(count);
    const pods = await timeline.until('bare pods run', count, ({ runningMs }) => runningMs !== undefined);
    return lastOf(pods, 'runningMs') - startMs;
  } finally {
    timeline.stop();
  }
}

/** From the request that deletes the job until nothing of it is left. */
export async function deleteJob(jobs: Jobs, name: string): Promise<number> {
  const startMs = performance.now();
  await jobs.delete(name);
  await eventually(`nothing of ${name} is left`, 120_000, async () =>
    (await jobs.belongings(name)).length === 0 ? true : undefined,
  );
  return performance.now() - startMs;
}

/** From the change that resumes a suspended job to all its workers Running. */
export async function resumeJob(
  client: ApiClient,
  jobs: Jobs,
  name: string,
  replicas: number,
): Promise<number> {
  await eventually('the suspended job has no pods', 120_000, async () =>
    (await jobs.pods(name)).length === 0 ? true : undefined,
  );
  const timeline = await PodTimeline.start(client, jobs.namespace, `${WORKERS}=${name}`);
  try {
    const startMs = performance.now();
    await jobs.change(name, { suspend: false });
    const pods = await timeline.until(
      `${name} runs again`,
      replicas,
      ({ runningMs }) => runningMs !== undefined,
    );
    return lastOf(pods, 'runningMs') - startMs;
  } finally {
    timeline.stop();
  }
}
