import { pods } from '../../operator/cluster/controller/kinds.ts';
import type { KubeObject } from '../../operator/cluster/api/types.ts';
import { objectPath, withQuery } from '../../operator/cluster/api/path.ts';
import { formatLogLine } from '../../operator/local/log-line.ts';
import { workerOf, workerSelector } from '../../operator/plan/manifests/labels.ts';
import { UserError } from '../user-error.ts';
import type { ClusterConnection } from './connection.ts';
import type { JobObject } from './find-job.ts';

export interface LogOptions {
  /** Absent: all. */
  readonly rank?: number | undefined;
  readonly follow: boolean;
  /** Last lines of each worker; absent: all that the node has kept. */
  readonly tail?: number | undefined;
  readonly debug: boolean;
}

interface WorkerPod {
  readonly name: string;
  readonly rank: number;
  readonly attempt: number;
}

/**
 * The log of each rank's newest pod, one after the other, or with `follow` as the lines come.
 * @throws UserError when the job has no pod (of that rank).
 */
export async function showLogs(
  { api }: ClusterConnection,
  job: JobObject,
  { rank, follow, tail, debug }: LogOptions,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace = 'default', uid = '' } = job.metadata;
  const found = newestPods(
    await api.resource<KubeObject>(pods).list({ namespace, labelSelector: workerSelector(uid) }),
  );
  const wanted = found.filter((pod) => rank === undefined || pod.rank === rank);
  if (wanted.length === 0) throw new UserError(missing(job, found, rank));
  const show = async (pod: WorkerPod): Promise<void> => {
    const path = withQuery(`${objectPath(pods, namespace, pod.name)}/log`, {
      ...(follow && { follow: 'true' }),
      ...(tail !== undefined && { tailLines: String(tail) }),
    });
    for await (const line of api.lines(path, signal)) print(formatLogLine(pod.rank, line, { stacks: debug }));
  };
  if (follow) {
    await Promise.all(wanted.map(show));
    return;
  }
  for (const pod of wanted) await show(pod);
  // Nobody should wonder where the lines of an earlier attempt are.
  const later = wanted.filter(({ attempt }) => attempt > 1);
  if (later.length > 0) {
    const which = later.map((pod) => `rank ${pod.rank} attempt ${pod.attempt}`).join(', ');
    print(`(${name}: the newest attempts alone are shown: ${which})`);
  }
}

function newestPods(all: readonly KubeObject[]): readonly WorkerPod[] {
  const newest = new Map<number, WorkerPod>();
  for (const { metadata } of all) {
    const worker = workerOf(metadata.labels);
    if (worker === undefined) continue;
    const known = newest.get(worker.rank);
    if (known === undefined || known.attempt < worker.attempt)
      newest.set(worker.rank, { name: metadata.name, ...worker });
  }
  return [...newest.values()].toSorted((one, other) => one.rank - other.rank);
}

function missing(
  { metadata: { name }, status }: JobObject,
  found: readonly WorkerPod[],
  rank: number | undefined,
): string {
  if (found.length > 0 && rank !== undefined) {
    return `job ${name} has no pod of rank ${rank}; it has those of ${found.map((pod) => pod.rank).join(', ')}`;
  }
  const state = status?.state ?? 'not looked at by any operator yet';
  return `job ${name} has no pods (it is ${state}); what was said of its end: terngrad status ${name}`;
}
