import { workerPod } from '../../../plan/manifests/pod.ts';
import { secretBlockOf } from '../../../plan/manifests/rank-secrets.ts';
import type { WorkerIdentity } from '../../../plan/worker-child.ts';
import type { DeleteOptions } from '../../api/types.ts';
import type { Cluster, JobContext } from '../job-context.ts';
import type { Pod } from '../observe/pod.ts';
import { slimPod } from '../slim.ts';
import { createOnce } from './create-once.ts';
import { limited } from './limited.ts';
import { inBlocks } from './rank-secrets.ts';
import { refusalOf } from './refusal.ts';
import { settleAll } from './settle-all.ts';

/** Writes of one job under way at a time: enough to keep the API server busy, too few to crowd out other jobs. */
const WRITES_AT_ONCE = 16;

export interface StartOptions {
  /** One at a time, as after a refusal. */
  readonly cautious: boolean;
  /** What must come before the first pod; false: no pod is to be made. Secrets are made meanwhile. */
  readonly ready: Promise<boolean>;
}

/**
 * Makes pods, each after its Secret, several ranks at a time. After the first refusal no further one is begun: a full
 * quota refuses the rest as well.
 */
export async function startWorkers(
  cluster: Cluster,
  { job, memory }: JobContext,
  workers: readonly WorkerIdentity[],
  { cautious, ready }: StartOptions,
): Promise<void> {
  const { resources, rankSecrets, settings, clock } = cluster;
  const blocks = new Map(inBlocks(workers.map(({ rank }) => rank)).map((block) => [block.block, block]));
  const secrets = new Map<number, Promise<void>>();
  /** Once for all ranks of a block, when the first of them comes. */
  const ensureSecret = (rank: number): Promise<void> => {
    const block = secretBlockOf(rank);
    const ranks = blocks.get(block) ?? { block, ranks: [rank] };
    const under = secrets.get(block) ?? rankSecrets.ensure(job, ranks, memory, clock());
    secrets.set(block, under);
    return under;
  };
  await limited(workers, cautious ? 1 : WRITES_AT_ONCE, async (worker) => {
    await settleAll([ready, ensureSecret(worker.rank)]);
    if (!(await ready)) return;
    const manifest = workerPod(job, worker, settings.pods);
    const child = { kind: 'Pod', name: manifest.metadata.name, rank: worker.rank };
    const { object } = await createOnce<Pod>(resources.pods, job.metadata.uid, child, manifest);
    memory.pods.recordWritten(slimPod(object), clock());
  });
}

/**
 * Deletes these very pods, each once, and only as they were seen: by an old view a worker that has ended still lives, and would be
 * taken away with what it said. Who has one is told so (409), and looks again.
 */
export async function deletePods(
  { resources }: Cluster,
  { memory }: JobContext,
  doomed: readonly Pod[],
  options: DeleteOptions = {},
): Promise<void> {
  const left = doomed.filter((pod) => !memory.pods.isDeleted(pod));
  await limited(left, WRITES_AT_ONCE, async (pod) => {
    const { namespace, name, uid, resourceVersion } = pod.metadata;
    try {
      await resources.pods.delete(namespace ?? '', name, {
        ...options,
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      });
    } catch (error) {
      throw refusalOf(error, { kind: 'Pod', name });
    }
    memory.pods.recordDeleted(pod);
  });
}
