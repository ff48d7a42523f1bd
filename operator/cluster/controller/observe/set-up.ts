import type { WorkerWait } from '../../../plan/worker-child.ts';
import type { Pod } from './pod.ts';
import type { Warnings } from './warnings.ts';
import { isBeingSetUp } from './waiting.ts';

/** What was last heard of the set-up of a pod. */
export interface SetUp {
  readonly askedAt: Date;
  readonly trouble?: WorkerWait;
}

/** Longer than a set-up takes, far less than the 30 s in which a stuck job has to say why. */
const ASK_AFTER_MS = 10_000;

/**
 * A volume that cannot be mounted (a missing Secret or ConfigMap) shows in no field of the pod, only in the kubelet's
 * events. So those are read, for pods alone that are being set up for long.
 * @returns when to look again, if any pod is being set up.
 */
export async function askForTrouble(
  warnings: Warnings,
  pods: readonly Pod[],
  known: Map<string, SetUp>,
  now: Date,
): Promise<Date | undefined> {
  const open = pods.filter((pod) => isBeingSetUp(pod) && pod.metadata.deletionTimestamp === undefined);
  const uids = new Set(open.map(({ metadata }) => metadata.uid));
  for (const uid of known.keys()) if (!uids.has(uid)) known.delete(uid);
  const due = open.filter((pod) => nextAsk(pod, known) <= now);
  for (const { metadata } of due) {
    const { uid = '', namespace = '' } = metadata;
    const trouble = await warnings.newest(namespace, uid);
    known.set(uid, { askedAt: now, ...(trouble !== undefined && { trouble }) });
  }
  const next = open.map((pod) => nextAsk(pod, known).getTime());
  return next.length === 0 ? undefined : new Date(Math.max(now.getTime() + 1_000, Math.min(...next)));
}

function nextAsk({ metadata }: Pod, known: ReadonlyMap<string, SetUp>): Date {
  const from = known.get(metadata.uid ?? '')?.askedAt ?? new Date(metadata.creationTimestamp ?? 0);
  return new Date(from.getTime() + ASK_AFTER_MS);
}
