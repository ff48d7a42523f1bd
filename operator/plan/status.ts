import type { JobStatus, RankStatus } from '../../crds/status.ts';
import type { ConditionFacts } from './conditions.ts';
import { conditionsOf, mergeConditions } from './conditions.ts';
import { replacedRanks } from './events.ts';
import { withFailures } from './failure-history.ts';
import { formationOf, membersOf, waitingRanks } from './formation.ts';
import type { Formation, FormationFacts } from './formation.ts';
import { columnsOf } from './job-figures.ts';
import type { Look } from './look.ts';
import { checkpointStorage } from './manifests/checkpoint-storage.ts';
import { workerSelector } from './manifests/labels.ts';
import { progressingOf } from './progressing.ts';
import type { Progressing } from './progressing.ts';
import { waitText } from './waiting-workers.ts';
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
  const ready = readyCount(look, facts.formation);
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

function stateFacts(
  look: Look,
  records: readonly RankStatus[],
): StateFacts & { readonly formation: Formation } {
  const { planned, outcome, ranks, startedAt, blockage, children } = look;
  const { elastic } = planned.job.spec.workers;
  const { progress, status: previous } = planned;
  const formation = formationIn(look, { ranks, progress, previous, elastic });
  return {
    outcome,
    records: records.filter(({ rank }) => rank < planned.job.spec.workers.replicas),
    formation,
    isFormed: formation !== 'no',
    hasMet: planned.status?.state === 'Running' || planned.status?.state === 'Restarting',
    isBlocked: blockage.obstacles.length > 0,
    hasLiveWorkers: children.some(isLive),
    startedAt,
  };
}

function formationIn({ outcome, completion }: Look, facts: FormationFacts): Formation {
  if (outcome.kind !== 'active') return 'no';
  return completion === undefined ? formationOf(facts) : 'wholly';
}

function conditionFacts(
  look: Look,
  facts: StateFacts & { readonly formation: Formation },
  now: Date,
): ConditionFacts {
  const { spec } = look.planned.job;
  return {
    outcome: look.outcome,
    formation: facts.formation,
    isRestarting: isRestarting(facts),
    hasLiveWorkers: facts.hasLiveWorkers,
    waitingFor: missingRanks(look, facts.formation),
    members: membersOf(look.ranks, look.planned.progress).length,
    finishing: look.completion?.waitsFor ?? [],
    nextStartAt: look.staffing.nextStartAt,
    stragglerPolicy: spec.stragglerPolicy,
    slow: look.stragglers.slow,
    obstacles: look.blockage.obstacles,
    encrypted: spec.tls.enabled,
    storage: checkpointStorage(look.planned.job),
    step: look.figures.step ?? 0,
    progressing: progressingIn(look, facts, now),
  };
}

/** Of an elastic job that goes on with fewer, also those that run and have not joined yet. */
function missingRanks({ ranks, planned }: Look, formation: Formation): readonly number[] {
  const missing =
    formation === 'partly'
      ? ranks.filter((rank) => rank.wanted && !membersOf(ranks, planned.progress).includes(rank))
      : waitingRanks(ranks);
  return missing.map(({ rank }) => rank);
}

function progressingIn(look: Look, facts: StateFacts, now: Date): Progressing {
  const { quiet, ranks, planned } = look;
  if (quiet === undefined) return { kind: 'unknown' };
  const { step = 0 } = quiet;
  const isWaiting = !facts.isFormed && step > 0 && isRestarting(facts);
  if (!isWaiting) return progressingOf(quiet, now);
  const message = waitText({
    step,
    wantedCount: planned.job.spec.workers.replicas,
    absent: waitingRanks(ranks).map(({ rank }) => rank),
    suspects: planned.progress?.suspects ?? [],
    records: facts.records,
    storage: checkpointStorage(planned.job),
  });
  return { kind: 'waiting', message };
}

/** Workers that take part: all that run once they have met; before, those that say so of themselves. */
function readyCount({ ranks, planned }: Look, formation: Formation): number {
  if (formation === 'partly') return membersOf(ranks, planned.progress).length;
  const haveMet = formation === 'wholly';
  return ranks.filter(
    (rank) => rank.wanted && stateOf(rank) === 'running' && (haveMet || rank.child?.ready === true),
  ).length;
}

/** The report behind the figures; absent when they are the stored ones. */
function reportOf({ planned, final, report }: Look): Look['report'] {
  return final ?? (planned.status?.completionTime === undefined ? report : undefined);
}
