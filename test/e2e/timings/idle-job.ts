import type { TernGradJob } from '../../../crds/index.ts';
import { endlessJob } from '../small-job.ts';

/** The first process of every pod of test/cluster, and so on each of its nodes: it waits for a signal. */
const IDLE_IMAGE = 'localhost/pause:1';

/**
 * A job whose workers do nothing, so that the operator and the node are measured and not the computing of other workers
 * on the same processors. They never become ready, so the job stays `Starting`; their probes end them after a minute,
 * and asked to end they count as done, so that such a job cannot be suspended once it has started.
 */
export function idleJob(
  name: string,
  replicas: number,
  changes: Partial<TernGradJob['spec']> = {},
): TernGradJob {
  return endlessJob(name, replicas, {
    ...changes,
    workers: { replicas, template: { image: IDLE_IMAGE, imagePullPolicy: 'Never' } },
  });
}
