import type { TerminationMessage } from '../../crds/termination-message.ts';

export type WorkerPhase = 'pending' | 'running' | 'succeeded' | 'failed';

/** One attempt of one rank, as the plan sees it: a pod on a cluster, a process on one computer. */
export interface WorkerChild {
  readonly rank: number;
  /** 1 for the first; a newer attempt fences the older ones. */
  readonly attempt: number;
  readonly phase: WorkerPhase;
  /** Absent while it lives, and when it was killed by a signal. */
  readonly exitCode?: number;
  /** What it said of itself at its end; absent when it died without a word. */
  readonly message?: TerminationMessage;
  /** Ended by its surroundings (drain, preemption, out of memory), which says nothing about the program. */
  readonly disrupted: boolean;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
}

export interface WorkerIdentity {
  readonly rank: number;
  readonly attempt: number;
}

export function isLive(child: WorkerChild): boolean {
  return child.phase === 'pending' || child.phase === 'running';
}

/** The newest attempt of each rank, by rank. Everything older is fenced and decides nothing. */
export function newestAttempts(children: readonly WorkerChild[]): ReadonlyMap<number, WorkerChild> {
  const newest = new Map<number, WorkerChild>();
  for (const child of children) {
    const known = newest.get(child.rank);
    if (known === undefined || child.attempt > known.attempt) newest.set(child.rank, child);
  }
  return newest;
}
