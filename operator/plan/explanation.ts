import type { ExchangeSpec } from '../../crds/exchange.ts';
import type { FailureRecord } from '../../crds/status.ts';
import type { End } from './ends.ts';
import type { Rank } from './ranks.ts';
import { stateOf } from './ranks.ts';

/** When something happened to a rank: its process ended or was lost, other than by losing a peer itself. */
export interface Incident {
  readonly rank: number;
  readonly at: Date;
}

/**
 * Whether a worker's loss of a peer (exit code 69) follows from what happened to another rank: that rank is not
 * running at all, or had an incident while this worker ran, or so shortly before that the survivors may have noticed
 * only now. An incident explains for a bounded time, so that a job whose workers never meet does not restart for ever.
 */
export function isExplained(
  loss: End,
  others: readonly Rank[],
  incidents: readonly Incident[],
  exchange: ExchangeSpec,
): boolean {
  if (others.some(isAbsent)) return true;
  const startedMs = (loss.child?.startedAt ?? loss.child?.createdAt ?? loss.at).getTime();
  const noticeMs = (exchange.stepDeadlineSeconds + exchange.peerLossSeconds) * 1000;
  return incidents.some(
    ({ rank, at }) =>
      rank !== loss.rank && (at.getTime() >= startedMs || loss.at.getTime() - at.getTime() <= noticeMs),
  );
}

/** Not made yet, not started yet, or taken away: the surroundings owe this worker, not its program. */
function isAbsent(rank: Rank): boolean {
  const state = stateOf(rank);
  return state === undefined || state === 'pending' || state === 'lost';
}

/** Whether a worker or its node was taken away while this one ran, so that all were asked to stop. */
export function isDrained(end: End, disruptions: readonly Incident[]): boolean {
  const startedMs = (end.child?.startedAt ?? end.child?.createdAt ?? end.at).getTime();
  return disruptions.some(({ at }) => at.getTime() >= startedMs);
}

/** The disruptions that the stored status knows of. */
export function storedDisruptions(failures: readonly FailureRecord[]): readonly Incident[] {
  return failures
    .filter(({ reason }) => reason === 'WorkerDeleted' || reason === 'WorkerDisrupted')
    .map(({ rank, finishedAt }) => ({ rank, at: new Date(finishedAt) }));
}

/** What the stored status knows of incidents. */
export function storedIncidents(ranks: readonly Rank[]): readonly Incident[] {
  return ranks.flatMap(({ rank, stored }) =>
    stored?.failedTime === undefined ? [] : [{ rank, at: new Date(stored.failedTime) }],
  );
}
