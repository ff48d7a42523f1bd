import { forbiddenSecretReferences } from '../../../plan/manifests/secret-references.ts';
import type { Plan } from '../../../plan/plan.ts';
import type { WorkerIdentity } from '../../../plan/worker-child.ts';
import type { Cluster, JobContext } from '../job-context.ts';
import type { Pod } from '../observe/pod.ts';
import { ChildRefusedError } from './child-refused-error.ts';
import { settleAll } from './settle-all.ts';
import { ensureNetworkPolicy, ensureService } from './support.ts';
import { deletePods, startWorkers } from './workers.ts';

export interface Orders {
  readonly plan: Plan;
  /** Attempt of rank 0 that the coordinator's Service is to select. */
  readonly coordinatorAttempt: number;
  /** Pods of the plan's `stop` and `remove`. */
  readonly doomed: readonly Pod[];
  /** Pods of the plan's `kill`. */
  readonly givenUp: readonly Pod[];
  /** Writes the plan's status, if it is to be written now. */
  readonly writeStatus: () => Promise<void>;
}

/** What lies on a node that does not answer would else stay until the node is back. Its attempt is fenced. */
const AT_ONCE = { gracePeriodSeconds: 0 };

/**
 * Carries a plan out, with as few round trips one after the other as the order allows: network policy, Secrets and Service,
 * then the pods, and beside them the status; of a further attempt the Service comes beside the pods, after the status. What an end led to is stored before the next attempt is made,
 * and whatever a deletion takes away before it is deleted. What is refused becomes an obstacle in the job's memory, for
 * the next look; a plan without work makes no call.
 * @throws what is only delayed (no answer, 409, 429, 5xx): the whole look is to be tried again. Nothing is under way then.
 */
export async function carryOut(cluster: Cluster, context: JobContext, orders: Orders): Promise<void> {
  const { plan, coordinatorAttempt, doomed, givenUp, writeStatus } = orders;
  const { obstacles } = context.memory;
  // A first start needs no memory of anything; a further attempt needs what is stored of the one before.
  const isFirstStart = plan.start.every(({ attempt }) => attempt === 1);
  const guard = plan.support
    ? guarded(cluster, context, 'NetworkPolicy', () => ensureNetworkPolicy(cluster, context))
    : Promise.resolve(true);
  const ready = isFirstStart ? guard : after(writeStatus(), () => guard);
  const service = async (): Promise<void> => {
    if (!plan.support) return;
    await guarded(cluster, context, 'Service', () => ensureService(cluster, context, coordinatorAttempt));
  };
  await settleAll([
    guard,
    ready,
    ...(plan.start.length > 0 ? [start(cluster, context, plan.start, ready)] : []),
    ...(isFirstStart ? [service(), after(ready, writeStatus)] : [after(ready, service)]),
  ]);
  if (plan.start.length === 0) obstacles.clear('Pod');
  if (!plan.support) for (const kind of ['NetworkPolicy', 'Service']) obstacles.clear(kind);
  if (doomed.length + givenUp.length > 0) {
    await guarded(cluster, context, 'Deletion', async () => {
      await deletePods(cluster, context, doomed);
      await deletePods(cluster, context, givenUp, AT_ONCE);
    });
  } else {
    obstacles.clear('Deletion');
  }
}

async function start(
  cluster: Cluster,
  context: JobContext,
  workers: readonly WorkerIdentity[],
  ready: Promise<boolean>,
): Promise<void> {
  const { job, memory } = context;
  const cautious = memory.obstacles.has('Pod');
  await guarded(cluster, context, 'Pod', async () => {
    const [forbidden] = forbiddenSecretReferences(job, cluster.settings.allowedSecrets);
    if (forbidden !== undefined) {
      throw new ChildRefusedError({ reason: 'SecretNotAllowed', message: forbidden.message });
    }
    await startWorkers(cluster, context, workers, { cautious, ready });
  });
}

async function after<T>(before: Promise<unknown>, next: () => Promise<T>): Promise<T> {
  await before;
  return await next();
}

/** Whether `work` was done: false where it was refused, or is not to be tried again yet. */
async function guarded(
  { clock }: Cluster,
  { memory: { obstacles } }: JobContext,
  kind: string,
  work: () => Promise<void>,
): Promise<boolean> {
  if (obstacles.mustWait(kind, clock())) return false;
  try {
    await work();
    obstacles.clear(kind);
    return true;
  } catch (error) {
    if (!(error instanceof ChildRefusedError)) throw error;
    obstacles.meet(kind, error.refused, clock());
    return false;
  }
}
