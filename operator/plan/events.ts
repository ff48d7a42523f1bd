import type { JobPhase } from './phase.ts';
import type { JobStatus, WorkerStatus } from './status.ts';

/** One line for humans per change of state; never per look. */
export interface JobEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, stable. */
  readonly reason: string;
  readonly message: string;
}

/** What changed between two looks. Equal statuses give no event, so a repeated look is silent. */
export function eventsBetween(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  return [...workerEvents(previous, next), ...phaseEvents(previous, next)];
}

function phaseEvents(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  if (previous?.phase === next.phase) return [];
  const event = eventOfPhase[next.phase](next);
  return event === undefined ? [] : [event];
}

const eventOfPhase: Record<JobPhase, (status: JobStatus) => JobEvent | undefined> = {
  Pending: () => undefined,
  Starting: ({ counts }) => normal('WorkersStarting', `${workersText(counts.wanted)} starting`),
  Running: ({ counts }) => normal('JobRunning', `${workersText(counts.wanted)} training`),
  Stopping: () => normal('JobStopping', 'the workers were asked to stop'),
  Succeeded: () => normal('JobSucceeded', 'every member confirmed the final weights'),
  Failed: ({ cause }) => ({
    type: 'Warning',
    reason: 'JobFailed',
    message: `${cause?.reason ?? 'Unknown'}: ${cause?.message ?? 'no cause is known'}`,
  }),
};

function workerEvents(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  return next.workers
    .filter((worker) => worker.state === 'Failed' && !wasFailed(previous, worker))
    .map(({ rank, exitCode, reason }) => ({
      type: 'Warning',
      reason: 'WorkerFailed',
      message: `worker ${rank} ended with code ${exitCode ?? 'unknown'}${reason === undefined ? '' : ` (${reason})`}`,
    }));
}

function wasFailed(previous: JobStatus | undefined, { rank, attempt }: WorkerStatus): boolean {
  return (
    previous?.workers.some(
      (worker) => worker.rank === rank && worker.attempt === attempt && worker.state === 'Failed',
    ) ?? false
  );
}

function normal(reason: string, message: string): JobEvent {
  return { type: 'Normal', reason, message };
}

function workersText(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`;
}
