import { ExitCode } from '../../../crds/exit-codes.ts';
import { API_VERSION, KIND } from '../../../crds/job.ts';
import type { Plan } from '../../plan/plan.ts';
import type { WorkerChild } from '../../plan/worker-child.ts';
import { newestAttempts } from '../../plan/worker-child.ts';
import type { JobMetrics } from '../../metrics/job-metrics.ts';
import type { EventRecorder } from '../events/recorder.ts';
import type { JobContext } from './job-context.ts';
import type { JobObject } from './job-object.ts';

/** Told of what a look has done: for events and metrics, which change nothing. */
export interface LookObserver {
  /** The status of `next` is stored; `before` still has the one that it replaced. */
  statusWritten(context: JobContext, before: JobObject, next: Plan, now: Date): void;
  /** All that `next` asked for was done or refused. */
  carriedOut(context: JobContext, children: readonly WorkerChild[], next: Plan, now: Date): void;
}

export function createLookObserver(recorder: EventRecorder, metrics: JobMetrics): LookObserver {
  return {
    statusWritten({ memory }, { metadata, status }, next, now) {
      const { name, namespace = '', uid = '' } = metadata;
      const regarding = { apiVersion: API_VERSION, kind: KIND, namespace, name, uid };
      for (const { type, reason, message } of next.events) {
        recorder.record({ regarding, type, reason, action: 'Reconcile', note: message });
      }
      if (memory.isNew && next.status.state === 'Running' && status?.state !== 'Running') {
        memory.isNew = false;
        metrics.running(now.getTime() - memory.firstSeenAt.getTime());
      }
    },
    carriedOut({ job, memory }, children, next, now) {
      if (next.start.length === 0 || memory.obstacles.has('Pod')) return;
      if (memory.isNew && next.start.length === job.spec.workers.replicas && children.length === 0) {
        metrics.podsCreated(now.getTime() - memory.firstSeenAt.getTime());
      }
      const newest = newestAttempts(children);
      for (const { rank } of next.start) {
        const before = newest.get(rank);
        if (before === undefined) continue;
        metrics.workerRestarted(job.metadata.namespace, endOf(before));
        const endSeenAt = memory.endSeenAt.get(before.uid);
        if (endSeenAt !== undefined) metrics.workerReplaced(now.getTime() - endSeenAt.getTime());
        memory.endSeenAt.delete(before.uid);
      }
    },
  };
}

/** Few and known values, as each is a series: what a worker writes itself is none of them. */
function endOf({ disrupted, deleting, exitCode }: WorkerChild): string {
  if (disrupted) return 'disrupted';
  if (exitCode !== undefined) return nameOfCode.get(exitCode) ?? 'otherExitCode';
  return deleting ? 'deleted' : 'unknown';
}

const nameOfCode: ReadonlyMap<number, string> = new Map([
  ...Object.entries(ExitCode).map(([name, code]) => [code, name] as const),
  [137, 'killed'],
  [143, 'terminated'],
]);
