import type { ResolvedJob } from '../../crds/job.ts';
import type { JobStatus } from '../../crds/status.ts';
import type { JobEvent } from '../plan/events.ts';
import { plan } from '../plan/plan.ts';
import type { StopRequest } from '../plan/planned-job.ts';
import type { JobProgress } from '../plan/progress.ts';
import { isTerminal } from '../plan/status.ts';
import { isLive } from '../plan/worker-child.ts';
import type { LocalWorkers } from './local-workers.ts';
import type { RunObserver, RunSignals } from './run-observer.ts';
import type { Wakeup } from './wakeup.ts';

export interface CarryOutOptions {
  /** The job as it is wanted now: its size may change. */
  readonly job: () => ResolvedJob;
  readonly workers: LocalWorkers;
  /** The last answer of rank 0. */
  readonly progress: () => JobProgress | undefined;
  readonly observer: RunObserver;
  readonly signals: RunSignals;
  readonly clock: () => Date;
  /** Rung whenever a worker or the progress changed. */
  readonly wakeup: Wakeup;
}

/** Looks, plans, acts and waits, until the job is terminal and no worker is left. Returns the final status. */
export async function carryOut(options: CarryOutOptions): Promise<JobStatus> {
  const { job, workers, observer, signals, clock, wakeup } = options;
  let status: JobStatus | undefined;
  let stopRequest: StopRequest | undefined;
  let shown: JobProgress | undefined;
  const onSignal = (): void => wakeup.ring();
  signals.stop.addEventListener('abort', onSignal);
  signals.kill.addEventListener('abort', onSignal);
  try {
    for (;;) {
      const now = clock();
      if (signals.stop.aborted) stopRequest ??= { requestedAt: now, message: String(signals.stop.reason) };
      stopRequest ??= requestByWorker(workers, now);
      if (signals.kill.aborted) workers.killAll();
      const progress = options.progress();
      const next = plan(
        {
          job: job(),
          ...(status && { status }),
          ...(progress && { progress }),
          ...(stopRequest && { stopRequest }),
        },
        workers.children,
        now,
      );
      if (status === undefined && next.start.length > 0) observer.onEvent?.(starting(next.start.length));
      status = next.status;
      for (const event of next.events) observer.onEvent?.(event);
      if (progress !== undefined && progress !== shown) observer.onProgress?.(progress, status);
      shown = progress;
      for (const worker of next.start) workers.start(worker);
      for (const worker of next.stop) workers.stop(worker);
      for (const worker of next.kill) workers.kill(worker);
      if (isTerminal(status) && !workers.children.some(isLive)) return status;
      await wakeup.wait(next.nextLookAt && Math.max(0, next.nextLookAt.getTime() - now.getTime()));
    }
  } finally {
    signals.stop.removeEventListener('abort', onSignal);
    signals.kill.removeEventListener('abort', onSignal);
  }
}

/** A worker of a cluster that is told to stop is being moved; on one computer somebody wants an end. */
function requestByWorker({ stoppedByOthers }: LocalWorkers, now: Date): StopRequest | undefined {
  if (stoppedByOthers === undefined) return undefined;
  const { rank, message } = stoppedByOthers;
  return { requestedAt: now, message: message?.message ?? `worker ${rank} was asked to stop` };
}

function starting(count: number): JobEvent {
  return {
    type: 'Normal',
    reason: 'WorkersStarting',
    message: count === 1 ? '1 worker starting' : `${count} workers starting`,
  };
}
