import type { JobState, RankStatus } from '../../crds/status.ts';
import type { Outcome } from './outcome.ts';

export interface StateFacts {
  readonly outcome: Outcome;
  /** The entries of the wanted ranks in the next status. */
  readonly records: readonly RankStatus[];
  readonly isFormed: boolean;
  /** The workers had met before. */
  readonly hasMet: boolean;
  /** Something of the surroundings is in the way of a worker. */
  readonly isBlocked: boolean;
  readonly hasLiveWorkers: boolean;
  /** When the job was started (again). */
  readonly startedAt: Date | undefined;
}

/** The job in one word for humans. It follows from the outcome and the workers; nothing acts on it. */
export function jobState(facts: StateFacts): JobState {
  switch (facts.outcome.kind) {
    case 'succeeded':
      return 'Succeeded';
    case 'failed':
      return 'Failed';
    case 'stopping':
      return 'Stopping';
    case 'suspended':
      return facts.hasLiveWorkers ? 'Stopping' : 'Suspended';
    case 'active':
      if (facts.isFormed) return 'Running';
      if (isRestarting(facts)) return 'Restarting';
      return facts.isBlocked ? 'Pending' : 'Starting';
  }
}

/** A worker ended since the start, or is waited for, so that all of them have to meet again. */
export function isRestarting({ records, startedAt, hasMet }: StateFacts): boolean {
  if (hasMet) return true;
  return records.some(
    ({ failedTime }) =>
      failedTime !== undefined && startedAt !== undefined && new Date(failedTime) >= startedAt,
  );
}
