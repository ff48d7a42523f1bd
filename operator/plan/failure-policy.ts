import { ExitCode } from '../../crds/exit-codes.ts';
import type { WorkerChild } from './worker-child.ts';
import { isLive, newestAttempts } from './worker-child.ts';

/** Why a job failed. Kept after the workers are gone. */
export interface FailureCause {
  /** Absent when no single worker is to blame: a deadline, a request to stop. */
  readonly rank?: number;
  readonly attempt?: number;
  /** What `terngrad run` exits with: the worker's own code, or the ExitCode that describes the cause best. */
  readonly exitCode: number;
  /** CamelCase, stable, for machines. */
  readonly reason: string;
  /** For humans: what, where, remedy. */
  readonly message: string;
}

export type FailureDecision =
  | { readonly kind: 'none' }
  /** A worker only reports the loss of another: the one that knows the cause may still speak. */
  | { readonly kind: 'waiting'; readonly until: Date }
  | { readonly kind: 'failed'; readonly cause: FailureCause };

/** How long the loss of a peer may wait for the peer's own explanation. */
export const CAUSE_WAIT_MS = 3_000;

/** How much a worker's end says about why the job failed; only equal weights are ordered by time. */
type Weight = 'cause' | 'asked to stop' | 'consequence' | 'ignored';

const weightOfExitCode: ReadonlyMap<number | undefined, Weight> = new Map([
  [ExitCode.stopped, 'asked to stop'],
  [ExitCode.peerLost, 'consequence'],
  [ExitCode.fenced, 'ignored'],
]);

/** Reasons of workers that failed because another did, whatever their exit code. */
const consequenceReasons: ReadonlySet<string> = new Set(['PeerLost', 'PeerFault', 'PeerFailed']);

/** In order of what they explain: a later one is only believed when no worker offers an earlier one. */
const explaining: readonly Weight[] = ['cause', 'asked to stop', 'consequence'];

/**
 * The first cause among the workers that failed. In this version no worker is replaced, so any failure that is
 * not ignored ends the job. The loss of a peer never masks why the peer was lost: it is believed only when
 * nobody else speaks within CAUSE_WAIT_MS, or nobody is left to speak.
 */
export function decideFailure(children: readonly WorkerChild[], now: Date): FailureDecision {
  const newest = [...newestAttempts(children).values()];
  const failed = newest.filter((child) => child.phase === 'failed');
  for (const weight of explaining) {
    const first = earliest(failed.filter((child) => weightOf(child) === weight));
    if (first === undefined) continue;
    if (weight === 'consequence' && newest.some(isLive)) {
      const until = new Date(finishedMs(first) + CAUSE_WAIT_MS);
      if (now < until) return { kind: 'waiting', until };
    }
    return { kind: 'failed', cause: causeOf(first) };
  }
  return { kind: 'none' };
}

/** A failure of the workers' own making, as opposed to one that a request to stop explains. */
export function explainsItself(cause: FailureCause): boolean {
  const own: readonly number[] = [
    ExitCode.badConfiguration,
    ExitCode.badData,
    ExitCode.programFailed,
    ExitCode.internal,
  ];
  return own.includes(cause.exitCode);
}

function weightOf(child: WorkerChild): Weight {
  if (child.message !== undefined && consequenceReasons.has(child.message.reason)) return 'consequence';
  return weightOfExitCode.get(child.exitCode) ?? 'cause';
}

function earliest(children: readonly WorkerChild[]): WorkerChild | undefined {
  return [...children].sort((a, b) => finishedMs(a) - finishedMs(b) || a.rank - b.rank)[0];
}

function finishedMs(child: WorkerChild): number {
  return (child.finishedAt ?? child.createdAt).getTime();
}

function causeOf(child: WorkerChild): FailureCause {
  const { rank, attempt, exitCode, message } = child;
  if (message !== undefined) {
    return {
      rank,
      attempt,
      exitCode: exitCode ?? message.exitCode,
      reason: message.reason,
      message: message.message,
    };
  }
  return { rank, attempt, ...silentEnd(child) };
}

/** A worker that died without a termination message: only its exit code speaks. */
function silentEnd({ rank, exitCode, disrupted }: WorkerChild): Omit<FailureCause, 'rank' | 'attempt'> {
  const code = exitCode ?? ExitCode.internal;
  if (disrupted) {
    return {
      exitCode: code,
      reason: 'WorkerDisrupted',
      message: `worker ${rank} was ended by its surroundings; run the job again`,
    };
  }
  if (code > 128) {
    return {
      exitCode: code,
      reason: 'WorkerKilled',
      message: `worker ${rank} was killed by signal ${code - 128}; if nobody killed it, the computer ran out of memory: use fewer workers or a smaller batch`,
    };
  }
  return {
    exitCode: code,
    reason: 'WorkerFailed',
    message: `worker ${rank} exited with code ${code} and left no message; its last log lines say more (--log-level debug)`,
  };
}
