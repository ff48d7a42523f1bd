import type { Condition } from './conditions.ts';
import type { FailureCause } from './failure-policy.ts';
import type { Figures } from './figures.ts';
import type { JobPhase } from './phase.ts';
import type { WorkerChild } from './worker-child.ts';
import { newestAttempts } from './worker-child.ts';
import type { JobProgress } from './progress.ts';

/** What is stored of a job between two looks. Plain JSON: times are ISO 8601. */
export interface JobStatus {
  readonly phase: JobPhase;
  /** When the plan first looked at the job; deadlines count from here. */
  readonly startTime: string;
  /** When the job became terminal. */
  readonly completionTime?: string;
  readonly conditions: readonly Condition[];
  /** Why it failed, the first cause; absent unless it did. */
  readonly cause?: FailureCause;
  /** The newest attempt of each rank, in order of rank. */
  readonly workers: readonly WorkerStatus[];
  /** For machines. */
  readonly counts: WorkerCounts;
  /** For humans. */
  readonly figures: Figures;
}

export interface WorkerStatus {
  readonly rank: number;
  readonly attempt: number;
  readonly state: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly step?: number;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly message?: string;
}

export interface WorkerCounts {
  readonly wanted: number;
  readonly pending: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
}

export function isTerminal(status: JobStatus): boolean {
  return status.completionTime !== undefined;
}

export function workerStatuses(
  children: readonly WorkerChild[],
  progress: JobProgress | undefined,
): readonly WorkerStatus[] {
  return [...newestAttempts(children).values()]
    .sort((a, b) => a.rank - b.rank)
    .map((child) => workerStatus(child, progress));
}

export function countWorkers(wanted: number, children: readonly WorkerChild[]): WorkerCounts {
  const counts = { wanted, pending: 0, running: 0, succeeded: 0, failed: 0 };
  for (const { phase } of newestAttempts(children).values()) counts[phase] += 1;
  return counts;
}

const stateOfPhase = {
  pending: 'Pending',
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
} as const;

function workerStatus(child: WorkerChild, progress: JobProgress | undefined): WorkerStatus {
  const { rank, attempt, phase, exitCode, message } = child;
  const reported = progress?.ranks.find((one) => one.rank === rank && one.attempt === attempt);
  const step = message?.steps ?? reported?.step;
  return {
    rank,
    attempt,
    state: stateOfPhase[phase],
    ...(step !== undefined && { step }),
    ...(exitCode !== undefined && { exitCode }),
    ...(message !== undefined && { reason: message.reason, message: message.message }),
  };
}
