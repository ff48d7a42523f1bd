import type { RankState, RankStatus } from '../../crds/status.ts';
import { cut } from './bounded-text.ts';
import type { Judgement, RankChange } from './failure-policy.ts';
import type { JobProgress } from './progress.ts';
import type { Rank } from './ranks.ts';
import { stateOf } from './ranks.ts';
import type { WorkerChild } from './worker-child.ts';

const MAX_MESSAGE = 512;
const MAX_REASON = 256;

export interface RecordFacts {
  readonly judgement: Pick<Judgement, 'changes' | 'restartAllAt'>;
  readonly progress: JobProgress | undefined;
  /** `halted` (suspended, stopping) and `over`: whatever ends now was not wanted any more, and is not judged. */
  readonly phase: 'active' | 'halted' | 'over';
}

/** The entries of the next status: what is seen now, with what must be remembered of before. */
export function rankRecords(ranks: readonly Rank[], facts: RecordFacts): RankStatus[] {
  return ranks.flatMap((rank) => {
    const record = recordOf(rank, facts);
    return record === undefined ? [] : [record];
  });
}

function recordOf(rank: Rank, facts: RecordFacts): RankStatus | undefined {
  const { child, stored } = rank;
  if (child === undefined && stored === undefined) return undefined;
  const seen = child === undefined ? undefined : seenOf(child, facts.progress);
  const isSame = child === undefined || child.uid === stored?.uid;
  const uid = child?.uid ?? stored?.uid;
  const change = uid === undefined ? undefined : facts.judgement.changes.get(uid);
  const { restartTime: _before, ...base } = seen ?? keptOf(rank);
  return {
    ...base,
    state: recordedState(rank, facts.phase !== 'active'),
    ...(base.step === undefined && isSame && stored?.step !== undefined && { step: stored.step }),
    ...memoryOf(stored, isSame, change, facts.phase),
    ...(facts.judgement.restartAllAt !== undefined && restartOf(rank, facts.judgement.restartAllAt)),
  };
}

/** The object is gone: its entry stays as it was, but for the state. */
function keptOf({ stored, rank, lastAttempt }: Rank): RankStatus {
  return stored ?? { rank, attempt: lastAttempt, state: 'lost' };
}

function seenOf(child: WorkerChild, progress: JobProgress | undefined): RankStatus {
  const { rank, attempt, uid, name, exitCode, message, waiting } = child;
  const reported = progress?.ranks.find((one) => one.rank === rank && one.attempt === attempt);
  const step = message?.steps ?? reported?.step;
  const words = message ?? (child.phase === 'pending' ? waiting : undefined);
  return {
    rank,
    attempt,
    state: 'pending',
    uid,
    ...(name !== undefined && { pod: name }),
    ...(step !== undefined && { step }),
    ...(exitCode !== undefined && exitCode >= 0 && exitCode <= 255 && { exitCode }),
    ...(words !== undefined && {
      reason: cut(words.reason, MAX_REASON),
      message: cut(words.message, MAX_MESSAGE),
    }),
  };
}

/** What outlives an attempt, and what belongs to this one alone. */
function memoryOf(
  stored: RankStatus | undefined,
  isSame: boolean,
  change: RankChange | undefined,
  phase: RecordFacts['phase'],
): Partial<RankStatus> {
  const failures = change?.failures ?? stored?.failures;
  const failedTime = change?.failedTime ?? stored?.failedTime;
  const minAttempt = change?.minAttempt ?? stored?.minAttempt;
  const restartTime = change?.restartTime ?? (isSame ? stored?.restartTime : undefined);
  return {
    ...(failures !== undefined && { failures }),
    ...(failedTime !== undefined && { failedTime }),
    // A finished job has no next attempt.
    ...(restartTime !== undefined && phase !== 'over' && { restartTime }),
    ...(minAttempt !== undefined && { minAttempt }),
  };
}

/** Every rank is to get a new attempt: what is there is stopped, whatever its state. */
function restartOf({ lastAttempt, wanted }: Rank, at: Date): Partial<RankStatus> {
  return wanted ? { minAttempt: lastAttempt + 1, restartTime: at.toISOString() } : {};
}

function recordedState(rank: Rank, isHalted: boolean): RankState {
  const state = stateOf(rank) ?? 'lost';
  const hasEnded = state === 'failed' || state === 'lost';
  if (hasEnded && (!rank.wanted || wasStopped(rank))) return 'stopped';
  if (!isHalted) return state;
  if (state === 'lost') return rank.stored?.state === 'failed' ? 'failed' : 'stopped';
  return state;
}

/** The job did not want this attempt any more when it ended; that stays so, even if it wants the rank back. */
function wasStopped({ stored, child }: Rank): boolean {
  return stored?.state === 'stopped' && child !== undefined && child.uid === stored.uid;
}
