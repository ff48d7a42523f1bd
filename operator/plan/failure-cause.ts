import { ExitCode } from '../../crds/exit-codes.ts';
import type { FailureCause } from '../../crds/status.ts';
import { cut } from './bounded-text.ts';
import type { End } from './ends.ts';
import { wasAskedToEnd } from './ends.ts';

/** Longest message of a cause; the schema of the status refuses more. */
const MAX_MESSAGE = 4096;
const MAX_REASON = 256;

/** Why a worker ended, in its own words or, where it left none, in those of its exit code. */
export function causeOf(end: End): FailureCause {
  const { rank, attempt, child } = end;
  if (end.kind === 'lost') return { rank, attempt, ...lost(end) };
  if (end.kind === 'suspected') return { rank, attempt, ...suspected(end) };
  if (end.kind === 'slow') return { rank, attempt, ...slow(end) };
  if (child?.disrupted === true && wasAskedToEnd(child)) {
    return { rank, attempt, ...disrupted(rank, codeOf(child.exitCode)) };
  }
  const message = child?.message;
  if (message === undefined) return { rank, attempt, ...silentEnd(end) };
  return {
    rank,
    attempt,
    exitCode: codeOf(child?.exitCode ?? message.exitCode),
    reason: cut(message.reason, MAX_REASON) || 'WorkerFailed',
    message: cut(message.message, MAX_MESSAGE),
  };
}

/** The same cause with more words behind its message. */
export function withRemark(cause: FailureCause, remark: string): FailureCause {
  return { ...cause, message: cut(`${cause.message}; ${remark}`, MAX_MESSAGE) };
}

/** A failure of the workers' own making, as opposed to one that a request to stop explains. */
export function explainsItself({ exitCode }: FailureCause): boolean {
  const own: readonly number[] = [
    ExitCode.badConfiguration,
    ExitCode.badData,
    ExitCode.programFailed,
    ExitCode.internal,
  ];
  return own.includes(exitCode);
}

type Words = Pick<FailureCause, 'exitCode' | 'reason' | 'message'>;

function lost({ rank, child }: End): Words {
  const exitCode = codeOf(child?.exitCode);
  if (child?.disrupted === true) return disrupted(rank, exitCode);
  return {
    exitCode,
    reason: 'WorkerDeleted',
    message: `worker ${rank} was deleted, or its node was lost`,
  };
}

export const SUSPECTED = 'WorkerSuspected';
const SLOW = 'WorkerSlow';

/** Whether a reason is that of a worker that lived when it was given up. */
export function saysGivenUp(reason: string): boolean {
  return reason === SUSPECTED || reason === SLOW;
}

function suspected({ rank, suspicion }: End): Words {
  return {
    exitCode: ExitCode.peerLost,
    reason: SUSPECTED,
    message: `worker ${rank} was there and did not take part: ${suspicion ?? 'the others wait for it'}`,
  };
}

function slow({ rank, suspicion }: End): Words {
  return {
    exitCode: ExitCode.stopped,
    reason: SLOW,
    message: `worker ${rank} held up the others: ${suspicion ?? 'it is much slower than they are'}`,
  };
}

function disrupted(rank: number, exitCode: number): Words {
  return {
    exitCode,
    reason: 'WorkerDisrupted',
    message: `worker ${rank} was ended by its surroundings (drain, preemption, eviction)`,
  };
}

/** A worker that died without a termination message: only its exit code speaks. */
function silentEnd({ rank, child }: End): Words {
  const code = codeOf(child?.exitCode);
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

/** A failed job never exits 0, and an exit code is a byte. */
export function codeOf(exitCode: number | undefined): number {
  return exitCode !== undefined && exitCode >= 1 && exitCode <= 255 ? exitCode : ExitCode.internal;
}
