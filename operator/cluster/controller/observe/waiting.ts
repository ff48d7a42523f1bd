import type { WorkerChild } from '../../../plan/worker-child.ts';
import type { Pod } from './pod.ts';
import { podCondition, workerContainer } from './pod.ts';

type Waiting = NonNullable<WorkerChild['waiting']>;

/** What every pod goes through; no reason of its own. */
const ordinaryReasons = new Set(['ContainerCreating', 'PodInitializing']);

/** Why a pod does not start, in the cluster's own words; absent while nothing speaks against it. */
export function waitingOf(pod: Pod, createdAt: Date): Waiting | undefined {
  return notScheduled(pod, createdAt) ?? notStarted(pod, createdAt);
}

/** Whether it lies on a node and is being set up; if that fails, only the kubelet's events tell why. */
export function isBeingSetUp(pod: Pod): boolean {
  if (pod.status?.phase !== 'Pending' || pod.spec?.nodeName === undefined) return false;
  const reason = workerContainer(pod)?.waiting?.reason;
  return reason === undefined || ordinaryReasons.has(reason);
}

function notScheduled(pod: Pod, createdAt: Date): Waiting | undefined {
  const scheduled = podCondition(pod, 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  return {
    reason: scheduled.reason ?? 'Unschedulable',
    message: scheduled.message ?? 'the scheduler gave no reason',
    since: dateOr(scheduled.lastTransitionTime, createdAt),
  };
}

/** A container's waiting state has no time of its own; it began when the pod was given to the node. */
function notStarted(pod: Pod, createdAt: Date): Waiting | undefined {
  const waiting = workerContainer(pod)?.waiting;
  if (waiting?.reason === undefined || ordinaryReasons.has(waiting.reason)) return undefined;
  return {
    reason: waiting.reason,
    message: waiting.message ?? 'the kubelet gave no reason',
    since: dateOr(podCondition(pod, 'PodScheduled')?.lastTransitionTime, createdAt),
  };
}

function dateOr(text: string | undefined, otherwise: Date): Date {
  return text === undefined ? otherwise : new Date(text);
}
