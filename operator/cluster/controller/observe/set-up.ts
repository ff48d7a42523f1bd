import type { WorkerWait } from '../../../plan/worker-child.ts';
import type { KubeObject, Resource } from '../../api/types.ts';
import type { Pod } from './pod.ts';
import { isBeingSetUp } from './waiting.ts';

/** The part of an Event that we read. */
export interface EventObject extends KubeObject {
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
}

/** What was last heard of the set-up of a pod. */
export interface SetUp {
  readonly askedAt: Date;
  readonly trouble?: WorkerWait;
}

/** Longer than a set-up takes, far less than the 30 s in which a stuck job has to say why. */
const ASK_AFTER_MS = 10_000;
const MOST_AT_ONCE = 4;

/**
 * A volume that cannot be mounted (a missing Secret or ConfigMap) shows in no field of the pod, only in the kubelet's
 * events. So those are read, for pods alone that are being set up for long, and for a few at a time: as a rule the
 * others wait for the same.
 * @returns when to look again, if any pod is being set up.
 */
export async function askForTrouble(
  events: Resource<EventObject>,
  pods: readonly Pod[],
  known: Map<string, SetUp>,
  now: Date,
): Promise<Date | undefined> {
  const open = pods.filter((pod) => isBeingSetUp(pod) && pod.metadata.deletionTimestamp === undefined);
  const uids = new Set(open.map(({ metadata }) => metadata.uid));
  for (const uid of known.keys()) if (!uids.has(uid)) known.delete(uid);
  const due = open.filter((pod) => nextAsk(pod, known) <= now).slice(0, MOST_AT_ONCE);
  await Promise.all(
    due.map(async (pod) => {
      const trouble = await troubleOf(events, pod);
      known.set(pod.metadata.uid ?? '', { askedAt: now, ...(trouble !== undefined && { trouble }) });
    }),
  );
  const next = open.map((pod) => nextAsk(pod, known).getTime());
  return next.length === 0 ? undefined : new Date(Math.max(now.getTime() + 1_000, Math.min(...next)));
}

function nextAsk({ metadata }: Pod, known: ReadonlyMap<string, SetUp>): Date {
  const from = known.get(metadata.uid ?? '')?.askedAt ?? new Date(metadata.creationTimestamp ?? 0);
  return new Date(from.getTime() + ASK_AFTER_MS);
}

async function troubleOf(events: Resource<EventObject>, pod: Pod): Promise<WorkerWait | undefined> {
  const { namespace, uid } = pod.metadata;
  const found = await events.list({
    ...(namespace !== undefined && { namespace }),
    fieldSelector: `involvedObject.uid=${uid},type=Warning`,
  });
  const [newest] = found.toSorted((a, b) => Date.parse(timeOf(b)) - Date.parse(timeOf(a)));
  if (newest === undefined) return undefined;
  return {
    reason: newest.reason ?? 'SetUpFailed',
    message: newest.message ?? 'the kubelet gave no reason',
    since: new Date(newest.metadata.creationTimestamp ?? timeOf(newest)),
  };
}

function timeOf({ lastTimestamp, metadata }: EventObject): string {
  return lastTimestamp ?? metadata.creationTimestamp ?? new Date(0).toISOString();
}
