import { workerPodName } from '../../plan/manifests/names.ts';
import { workerOf } from '../../plan/manifests/labels.ts';
import type { WorkerIdentity } from '../../plan/worker-child.ts';
import { limited } from './carry-out/limited.ts';
import type { Cluster } from './job-context.ts';
import type { JobObject } from './job-object.ts';
import type { JobMemory } from './memory/job-memory.ts';
import type { Pod } from './observe/pod.ts';
import { slimPod } from './slim.ts';

/** An own write that no watch has shown for this long is asked for. */
export const CONFIRM_AFTER_MS = 5_000;
const READS_AT_ONCE = 16;

/** A pod of which the watch says nothing, though it ought to be there. */
interface Unseen {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** As the server answered when we made it. */
  readonly ours?: Pod;
}

/**
 * Asks the server for pods that no watch shows: those that we made a while ago, which may be gone again, and those that
 * the stored status says are alive. Its writer may have seen more than we: a worker that counted as lost by an old
 * view would get a successor beside it.
 */
export async function confirmPods(
  { stores, resources, clock }: Cluster,
  job: JobObject,
  memory: JobMemory,
): Promise<void> {
  const { pods } = memory;
  const since = new Date(clock().getTime() - CONFIRM_AFTER_MS);
  // First: what the watch has shown since counts as seen.
  const known = pods.list(stores.pods, memory.uid);
  const made = pods.unconfirmed(since).map((pod): Unseen => {
    const { namespace = '', name, uid = '' } = pod.metadata;
    return { namespace, name, uid, ours: pod };
  });
  const told = toldAlive(job, known);
  await limited([...made, ...told], READS_AT_ONCE, async ({ namespace, name, uid, ours }) => {
    const actual = await resources.pods.get(namespace, name);
    if (actual?.metadata.uid === uid) pods.recordWritten(slimPod(actual), clock());
    else if (ours !== undefined) pods.recordGone(ours);
  });
}

/** By the stored status, and not among the pods that are known. */
function toldAlive({ metadata, status }: JobObject, pods: readonly Pod[]): readonly Unseen[] {
  const { namespace = '', name } = metadata;
  const alive = (status?.ranks ?? []).filter(({ state }) => state === 'pending' || state === 'running');
  if (alive.length === 0) return [];
  const known = new Set(pods.map(({ metadata: { labels } }) => keyOf(workerOf(labels))));
  return alive.flatMap(({ uid, ...worker }) =>
    uid === undefined || known.has(keyOf(worker))
      ? []
      : [{ namespace, name: workerPodName(name, worker), uid }],
  );
}

function keyOf(worker: WorkerIdentity | undefined): string {
  return worker === undefined ? '' : `${worker.rank}/${worker.attempt}`;
}
