import type { JobStatus, RankStatus } from '../../crds/status.ts';
import type { ConditionFacts } from './conditions.ts';
import { conditionsOf, mergeConditions } from './conditions.ts';
import { replacedRanks } from './events.ts';
import { withFailures } from './failure-history.ts';
import { isFormed, waitingRanks } from './formation.ts';
import { columnsOf } from './job-figures.ts';
import type { Look } from './look.ts';
import { workerSelector } from './manifests/labels.ts';
import { progressingOf } from './progressing.ts';
import { rankRecords } from './rank-records.ts';
import { stateOf } from './ranks.ts';
import type { StateFacts } from './state.ts';
import { isRestarting, jobState } from './state.ts';
import { isLive } from './worker-child.ts';

export function isTerminal({ completionTime }: JobStatus): boolean {
  return completionTime !== undefined;
}

/** The status to be stored. Plain JSON: times are ISO 8601. Of a settled job it is the stored one again. */
export function nextStatus(look: Look, now: Date): JobStatus {
  const { planned, outcome, judgement, startedAt, figures } = look;
  const { job, generation, status: previous } = planned;
  const isOver = outcome.kind === 'succeeded' || outcome.kind === 'failed';
  const records = rankRecords(look.ranks, {
    judgement,
    progress: planned.progress,
    phase: isOver ? 'over' : outcome.kind === 'active' ? 'active' : 'halted',
  });
  const facts = stateFacts(look, records);
  const ready = readyCount(look, facts.isFormed);
  const failures = withFailures(previous?.failures ?? [], judgement.failures);
  const failureCount = (previous?.failureCount ?? 0) + judgement.countedFailures;
  const completionTime = previous?.completionTime ?? (isOver ? now.toISOString() : undefined);
  const { uid } = job.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    state: jobState(facts),
    conditions: mergeConditions(
      previous?.conditions ?? [],
      conditionsOf(conditionFacts(look, facts, now)),
      generation,
      now,
    ),
    summary: columnsOf(
      { ready, wanted: job.spec.workers.replicas, isActive: outcome.kind === 'active' },
      reportOf(look),
      previous,
    ),
    workers: look.children.filter(isLive).length,
    readyWorkers: ready,
    ...(uid !== undefined && { selector: workerSelector(uid) }),
    ...figures,
    restarts: (previous?.restarts ?? 0) + replacedRanks(previous, records).length,
    failureCount,
    ...(failures.length > 0 && { failures }),
    ranks: records,
    ...(startedAt !== undefined && { startTime: startedAt.toISOString() }),
    ...(outcome.kind === 'failed' && { cause: outcome.cause }),
    ...(completionTime !== undefined && { completionTime }),
  };
}

function stateFacts(look: Look, records: readonly RankStatus[]): StateFacts & { readonly isFormed: boolean } {
  const { planned, outcome, ranks, startedAt, blockage, children } = look;
  return {
    outcome,
    records: records.filter(({ rank }) => rank < planned.job.spec.workers.replicas),
    isFormed:
      outcome.kind === 'active' &&
      (look.completion !== undefined || isFormed(ranks, planned.progress, planned.status)),
    isBlocked: blockage.obstacles.length > 0,
    hasLiveWorkers: children.some(isLive),
    startedAt,
  };
}

function conditionFacts(look: Look, facts: StateFacts, now: Date): ConditionFacts {
  const { spec } = look.planned.job;
  return {
    outcome: look.outcome,
    isFormed: facts.isFormed,
    isRestarting: isRestarting(facts),
    hasLiveWorkers: facts.hasLiveWorkers,
    waitingFor: waitingRanks(look.ranks).map(({ rank }) => rank),
    finishing: look.completion?.waitsFor ?? [],
    nextStartAt: look.staffing.nextStartAt,
    obstacles: look.blockage.obstacles,
    encrypted: spec.tls.enabled,
    checkpointed: spec.checkpoint !== undefined,
    progressing: look.quiet === undefined ? { kind: 'unknown' } : progressingOf(look.quiet, now),
  };
}

/** Workers that take part: all that run once they have met; before, those that say so of themselves. */
function readyCount({ ranks }: Look, haveMet: boolean): number {
  return ranks.filter(
    (rank) => rank.wanted && stateOf(rank) === 'running' && (haveMet || rank.child?.ready === true),
  ).length;
}

/** The report behind the figures; absent when they are the stored ones. */
function reportOf({ planned, final }: Look): Look['planned']['progress'] {
  return final ?? (planned.status?.completionTime === undefined ? planned.progress : undefined);
}
