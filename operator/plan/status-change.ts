import type { JobStatus } from '../../crds/status.ts';
import { isOurs } from './conditions.ts';

/**
 * `figures` may wait (progress, counts, words); `facts` are written at once: the next look builds on them. `start` may wait
 * a moment: the first status of a job, which says no more than its pods do.
 */
export type StatusChange = 'none' | 'figures' | 'start' | 'facts';

/** How far the next status is from the stored one. Order of fields, and conditions of others, do not matter. */
export function statusChange(previous: JobStatus | undefined, next: JobStatus): StatusChange {
  if (previous === undefined) return isPlainStart(next) ? 'start' : 'facts';
  if (!isSame(factsOf(previous, previous), factsOf(next, previous))) return 'facts';
  const own = { ...previous, conditions: previous.conditions?.filter(isOurs) };
  return isSame(own, next) ? 'none' : 'figures';
}

/** Nothing has happened to the job yet, but that its first workers are made. */
function isPlainStart({ state, failureCount, failures, ranks = [] }: JobStatus): boolean {
  return (
    state === 'Starting' &&
    failureCount === 0 &&
    failures === undefined &&
    ranks.every(
      (record) => record.attempt === 1 && (record.state === 'pending' || record.state === 'running'),
    )
  );
}

/**
 * What decisions and events are made of. Ranks count from when they were first stored, so that the first start of a
 * large job is not written rank by rank.
 */
function factsOf(status: JobStatus, previous: JobStatus): unknown {
  const known = new Map(previous.ranks?.map((record) => [record.rank, record]));
  return {
    observedGeneration: status.observedGeneration,
    state: status.state,
    conditions: status.conditions
      ?.filter(isOurs)
      .map(({ type, status: value, reason }) => [type, value, reason]),
    cause: status.cause,
    failures: status.failures?.map(({ uid }) => uid),
    failureCount: status.failureCount,
    restarts: status.restarts,
    startTime: status.startTime,
    completionTime: status.completionTime,
    weightsHash: status.weightsHash,
    ranks: status.ranks
      ?.filter(({ rank, attempt }) => known.has(rank) || attempt > 1)
      .map((record) => [
        record.rank,
        record.attempt,
        record.uid,
        record.failures,
        record.failedTime,
        record.restartTime,
        record.minAttempt,
        record.state === 'pending' || record.state === 'running' ? undefined : record.state,
      ]),
  };
}

/** Equal content: fields in any order, an absent field like an undefined one. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, index) => isSame(item, other[index]));
  }
  return (
    Object.entries(one).every(([name, value]) => isSame(value, fieldOf(other, name))) &&
    Object.entries(other).every(([name, value]) => value === undefined || fieldOf(one, name) !== undefined)
  );
}

function fieldOf(value: object, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name];
}
