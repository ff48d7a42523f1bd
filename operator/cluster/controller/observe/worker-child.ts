import type { WorkerChild, WorkerIdentity, WorkerPhase } from '../../../plan/worker-child.ts';
import { lastWords } from './last-words.ts';
import type { Pod, TerminatedState } from './pod.ts';
import { podCondition, workerContainer } from './pod.ts';
import { waitingOf } from './waiting.ts';

/** Conditions that every pod has; the others are what a failure policy can match. */
const ordinaryConditions = new Set([
  'PodScheduled',
  'Initialized',
  'ContainersReady',
  'Ready',
  'PodReadyToStartContainers',
]);

/** A pod's own end that its surroundings brought about, where no `DisruptionTarget` condition says so. */
const disruptions = new Set(['Evicted', 'NodeLost', 'NodeShutdown', 'Shutdown', 'Preempting', 'Terminated']);

/** A pod of ours as the plan sees it. */
export function workerChild(pod: Pod, worker: WorkerIdentity): WorkerChild {
  const { metadata, status } = pod;
  const createdAt = new Date(metadata.creationTimestamp ?? 0);
  const phase = phaseOf(pod);
  const ended = workerContainer(pod)?.terminated;
  const message = ended && lastWords(ended.message, worker);
  const startedAt = workerContainer(pod)?.running?.startedAt ?? ended?.startedAt;
  const conditions = trueConditions(pod);
  const waiting = phase === 'pending' ? waitingOf(pod, createdAt) : undefined;
  return {
    uid: metadata.uid ?? '',
    rank: worker.rank,
    attempt: worker.attempt,
    name: metadata.name,
    phase,
    ready: phase === 'running' && podCondition(pod, 'Ready')?.status === 'True',
    ...(ended !== undefined && { exitCode: ended.exitCode }),
    ...(message !== undefined && { message }),
    disrupted: conditions.includes('DisruptionTarget') || disruptions.has(status?.reason ?? ''),
    conditions,
    deleting: metadata.deletionTimestamp !== undefined || status?.reason === 'NodeLost',
    ...(waiting !== undefined && { waiting }),
    createdAt,
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...((phase === 'failed' || phase === 'succeeded') && { finishedAt: finishedAt(pod, ended, createdAt) }),
  };
}

/** Whether the worker is no more, or is being taken away. */
export function hasEnded(pod: Pod): boolean {
  const phase = phaseOf(pod);
  return phase === 'failed' || phase === 'succeeded' || pod.metadata.deletionTimestamp !== undefined;
}

/** The worker's container decides where it has ended: the pod's phase lags, or waits for somebody's sidecar. */
function phaseOf(pod: Pod): WorkerPhase {
  const container = workerContainer(pod);
  if (container?.terminated !== undefined) {
    return container.terminated.exitCode === 0 ? 'succeeded' : 'failed';
  }
  switch (pod.status?.phase) {
    case 'Succeeded':
      return 'succeeded';
    case 'Failed':
      return 'failed';
    case 'Running':
      return 'running';
    case undefined:
    default:
      return 'pending';
  }
}

function trueConditions(pod: Pod): readonly string[] {
  return (pod.status?.conditions ?? [])
    .filter(({ type, status }) => status === 'True' && !ordinaryConditions.has(type))
    .map(({ type }) => type);
}

/** An evicted pod's container has no end of its own; then it is when the pod's conditions last changed. */
function finishedAt(pod: Pod, ended: TerminatedState | undefined, createdAt: Date): Date {
  if (ended?.finishedAt !== undefined) return new Date(ended.finishedAt);
  const changes = (pod.status?.conditions ?? []).map(({ lastTransitionTime }) =>
    lastTransitionTime === undefined ? 0 : Date.parse(lastTransitionTime),
  );
  return new Date(Math.max(createdAt.getTime(), ...changes));
}
