import type { ApiClient } from '../../integration/api-client.ts';
import { processOf } from '../containers.ts';
import type { Jobs } from '../jobs.ts';
import { PodTimeline, type PodTimes } from './pod-timeline.ts';

export interface ReplacementTimes {
  /** From the fault to the replacement Running. */
  readonly runningMs: number;
  /** From the fault to the moment the API server shows it: the kubelet's share, and none of a pod that is deleted. */
  readonly shownMs: number;
  /** From the moment the API server shows the fault to the replacement's existence: the operator's own share. */
  readonly operatorMs: number;
}

export type Fault = 'process killed' | 'pod deleted';

/** Strikes the newest pod of `rank`, and waits for its replacement; the job must be running. */
export async function replaceWorker(
  client: ApiClient,
  jobs: Jobs,
  { name, rank, fault }: { name: string; rank: number; fault: Fault },
): Promise<ReplacementTimes> {
  const selector = `terngrad.dev/job-name=${name},terngrad.dev/rank=${rank}`;
  const timeline = await PodTimeline.start(client, jobs.namespace, selector);
  try {
    const victim = (await timeline.until('the victim runs', 1, isLive)).at(-1);
    const victimName = victim?.pod.metadata.name ?? '';
    if (victim === undefined) throw new Error(`rank ${rank} of ${name} does not run`);
    const pid = processOf(victim.pod);
    const startMs = performance.now();
    if (fault === 'process killed') process.kill(pid, 'SIGKILL');
    else await client.delete(`/api/v1/namespaces/${jobs.namespace}/pods/${victimName}`);
    const [replacement] = await timeline.until('the replacement runs', 1, (times) => {
      return isLive(times) && times.pod.metadata.name !== victimName;
    });
    const struck = timeline.pods.find(({ pod }) => pod.metadata.name === victimName);
    const shownMs = (fault === 'pod deleted' ? struck?.deletedMs : struck?.endedMs) ?? Number.NaN;
    return {
      runningMs: (replacement?.runningMs ?? Number.NaN) - startMs,
      shownMs: shownMs - startMs,
      operatorMs: (replacement?.addedMs ?? Number.NaN) - shownMs,
    };
  } finally {
    timeline.stop();
  }
}

function isLive({ runningMs, endedMs, deletedMs }: PodTimes): boolean {
  return runningMs !== undefined && endedMs === undefined && deletedMs === undefined;
}
