import type { FailureRecord, JobState, JobStatus, RankStatus } from '../../crds/status.ts';
import { workersText } from './blocked.ts';
import { saysGivenUp } from './failure-cause.ts';

/** One line for humans per change of state; never per look. */
export interface JobEvent {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, stable. */
  readonly reason: string;
  readonly message: string;
}

/** Failures of one look that are told one by one; the others are told together. */
const TOLD_FAILURES = 4;

/** What changed between two statuses. Equal ones give no event, so a repeated look is silent; a first start is, too. */
export function eventsBetween(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  return [
    ...failureEvents(previous, next),
    ...replacementEvents(previous, next),
    ...stragglerEvents(previous, next),
    ...blockedEvents(previous, next),
    ...suspensionEvents(previous, next),
    ...stateEvents(previous, next),
  ];
}

const eventOfState: Record<JobState, (status: JobStatus) => JobEvent | undefined> = {
  Pending: () => undefined,
  Starting: () => undefined,
  Restarting: () => undefined,
  Suspended: () => undefined,
  Running: (status) =>
    conditionOf(status, 'Running')?.reason === 'WorkersFinishing'
      ? undefined
      : normal('JobRunning', `${status.summary?.workers ?? ''} workers train`),
  Stopping: () => normal('JobStopping', 'the workers were asked to stop'),
  Succeeded: () => normal('JobSucceeded', 'every member confirmed the final weights'),
  Failed: ({ cause }) =>
    warning('JobFailed', `${cause?.reason ?? 'Unknown'}: ${cause?.message ?? 'no cause is known'}`),
};

function stateEvents(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  if (next.state === undefined || previous?.state === next.state) return [];
  const event = eventOfState[next.state](next);
  return event === undefined ? [] : [event];
}

function failureEvents(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  const known = new Set(previous?.failures?.map(({ uid }) => uid));
  const added = (next.failures ?? []).filter(({ uid }) => !known.has(uid));
  const rest = added.slice(TOLD_FAILURES);
  return [
    ...added.slice(0, TOLD_FAILURES).map(failureEvent),
    ...(rest.length === 0
      ? []
      : [warning('WorkerFailed', `${workersText(rest.map(({ rank }) => rank))} ended too`)]),
  ];
}

function failureEvent({ rank, exitCode, reason, counted }: FailureRecord): JobEvent {
  const lost = saysGivenUp(reason) ? 'was given up' : 'was lost';
  const how = exitCode === undefined ? `${lost} (${reason})` : `ended with code ${exitCode} (${reason})`;
  return warning('WorkerFailed', `worker ${rank} ${how}${counted ? '' : '; it is not counted'}`);
}

function replacementEvents(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  const replaced = replacedRanks(previous, next.ranks ?? []);
  if (replaced.length === 0) return [];
  const names = workersText(replaced);
  return [normal('WorkerReplaced', `${names} got a new attempt; training goes on once all have met`)];
}

/** The ranks that got another attempt since. A finished job has no replacements, whatever is seen of its workers. */
export function replacedRanks(
  previous: JobStatus | undefined,
  records: readonly RankStatus[],
): readonly number[] {
  if (previous?.completionTime !== undefined) return [];
  const known = new Map(previous?.ranks?.map((record) => [record.rank, record]));
  return records.filter((record) => isReplacement(known.get(record.rank), record)).map(({ rank }) => rank);
}

/** What was stopped by a suspension is not replaced but continued. */
function isReplacement(before: RankStatus | undefined, after: RankStatus): boolean {
  if (before === undefined || after.attempt <= before.attempt) return false;
  return before.state !== 'stopped' || (before.minAttempt ?? 1) > before.attempt;
}

function stragglerEvents(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  const before = conditionOf(previous, 'Straggling');
  const after = conditionOf(next, 'Straggling');
  if (after?.status !== 'True' || before?.message === after.message) return [];
  return [warning('WorkerSlow', after.message)];
}

function blockedEvents(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  const before = conditionOf(previous, 'Blocked');
  const after = conditionOf(next, 'Blocked');
  if (after?.status !== 'True' || (before?.status === 'True' && before.reason === after.reason)) return [];
  return [warning('JobBlocked', `${after.reason}: ${after.message}`)];
}

function suspensionEvents(previous: JobStatus | undefined, next: JobStatus): readonly JobEvent[] {
  const before = conditionOf(previous, 'Suspended')?.status === 'True';
  const after = conditionOf(next, 'Suspended')?.status === 'True';
  if (before === after || next.completionTime !== undefined) return [];
  return [
    after
      ? normal('JobSuspended', 'the job is suspended; its workers are gone')
      : normal('JobResumed', 'the job goes on'),
  ];
}

function conditionOf(status: JobStatus | undefined, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

function normal(reason: string, message: string): JobEvent {
  return { type: 'Normal', reason, message };
}

function warning(reason: string, message: string): JobEvent {
  return { type: 'Warning', reason, message };
}
