import type { TerminationMessage } from '../../crds/termination-message.ts';

export type WorkerPhase = 'pending' | 'running' | 'succeeded' | 'failed';

/** One attempt of one rank, as the plan sees it: a pod on a cluster, a process on one computer. */
export interface WorkerChild {
  /** Of this very object, so that no end counts twice. */
  readonly uid: string;
  readonly rank: number;
  /** 1 for the first; a newer attempt fences the older ones. */
  readonly attempt: number;
  readonly phase: WorkerPhase;
  /** It takes part in the training. Where nobody can tell (processes), false: then rank 0's report tells. */
  readonly ready: boolean;
  /** Absent while it lives, and when it was killed by a signal. */
  readonly exitCode?: number;
  /** What it said of itself at its end; absent when it died without a word. */
  readonly message?: TerminationMessage;
  /** Ended by its surroundings (drain, preemption, eviction), which says nothing about the program. */
  readonly disrupted: boolean;
  /** Pod condition types that are True and that a rule of the failure policy may name, such as `DisruptionTarget`. */
  readonly conditions: readonly string[];
  /** Being deleted, by anyone, or on a lost node: it counts as gone, so that it never blocks its successor. */
  readonly deleting: boolean;
  /** Why it does not start; absent while nothing is known to be in its way. */
  readonly waiting?: WorkerWait;
  /** Name of the pod. */
  readonly name?: string;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
}

export interface WorkerWait {
  /** The surroundings' own word: `Unschedulable`, `ImagePullBackOff`, `CreateContainerConfigError`, ... */
  readonly reason: string;
  /** Their own message. */
  readonly message: string;
  readonly since: Date;
}

export interface WorkerIdentity {
  readonly rank: number;
  readonly attempt: number;
}

export function isLive(child: WorkerChild): boolean {
  return child.phase === 'pending' || child.phase === 'running';
}

/** Live, and nobody is about to take it away. */
export function isPresent(child: WorkerChild): boolean {
  return isLive(child) && !child.deleting;
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

export function identityOf({ rank, attempt }: WorkerIdentity): WorkerIdentity {
  return { rank, attempt };
}
