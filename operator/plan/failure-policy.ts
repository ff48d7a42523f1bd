import type { JobSpec } from '../../crds/job.ts';
import type { FailureCause, FailureRecord, RankStatus } from '../../crds/status.ts';
import { afterDisruption, afterFailure } from './backoff.ts';
import type { End } from './ends.ts';
import { isGivenUp } from './ends.ts';
import type { Incident } from './explanation.ts';
import { isDrained, isExplained, storedDisruptions, storedIncidents } from './explanation.ts';
import { causeOf, withRemark } from './failure-cause.ts';
import { failureRecord } from './failure-history.ts';
import type { Verdict } from './failure-rules.ts';
import { verdictOf } from './failure-rules.ts';
import type { Rank } from './ranks.ts';
import { isStaffed } from './ranks.ts';

/** How long the loss of a peer may wait for the peer's own explanation, where it is not said otherwise. */
export const CAUSE_WAIT_MS = 3_000;

/** What changes in the entry of a rank whose attempt ended. */
export type RankChange = Pick<RankStatus, 'failures' | 'failedTime' | 'restartTime' | 'minAttempt'>;

/** What follows from the ends of this look. */
export interface Judgement {
  /** The job fails. */
  readonly cause?: FailureCause;
  /** By UID of the attempt that ended. */
  readonly changes: ReadonlyMap<string, RankChange>;
  /** To be added to the status' list. */
  readonly failures: readonly FailureRecord[];
  readonly countedFailures: number;
  /** A rule wants a new attempt of every rank, not before this time. */
  readonly restartAllAt?: Date;
  /** When the ends that wait for an explanation are judged without. */
  readonly undecidedUntil?: Date;
}

export interface JudgementFacts {
  readonly spec: Pick<JobSpec, 'failurePolicy' | 'exchange'>;
  readonly ranks: readonly Rank[];
  readonly ends: readonly End[];
  /** Another worker has ended with 0: nothing but a failure of the program itself matters any more. */
  readonly isComplete: boolean;
  /** Counted before this look. */
  readonly countedBefore: number;
  /** The stored list. */
  readonly failuresBefore: readonly FailureRecord[];
  readonly causeWaitMs: number;
}

/**
 * Judges every end once. First what speaks for itself, in order of time; then the losses of peers, which follow from
 * it where they can: they are free then, so that the loss never masks or doubles why the peer was lost.
 */
export function judge(facts: JudgementFacts, now: Date): Judgement {
  const court = new Court(facts);
  const judged = facts.ends.map((end) => ({ end, verdict: verdictIn(facts, end) }));
  for (const { end, verdict } of judged) {
    if (verdict.kind !== 'consequence' && verdict.kind !== 'asked') court.settle(end, verdict);
  }
  for (const { end, verdict } of judged) if (verdict.kind === 'asked') court.settleStop(end);
  for (const { end, verdict } of judged) if (verdict.kind === 'consequence') court.settleLoss(end, now);
  return court.judgement;
}

function verdictIn({ spec, isComplete }: JudgementFacts, end: End): Verdict {
  const verdict = verdictOf(end, spec.failurePolicy.rules);
  return isComplete && verdict.kind !== 'failJob' ? { kind: 'ignore', delayed: false } : verdict;
}

/** The state of one judgement while the ends are gone through. */
class Court {
  private readonly facts: JudgementFacts;
  private readonly incidents: Incident[];
  private readonly disruptions: Incident[];
  private readonly changes = new Map<string, RankChange>();
  private readonly failures: FailureRecord[] = [];
  private counted = 0;
  private cause: FailureCause | undefined;
  private restartAllAt: Date | undefined;
  private undecidedUntil: Date | undefined;

  constructor(facts: JudgementFacts) {
    this.facts = facts;
    this.incidents = [...storedIncidents(facts.ranks)];
    this.disruptions = [...storedDisruptions(facts.failuresBefore)];
  }

  get judgement(): Judgement {
    const { cause, changes, failures, counted, restartAllAt, undecidedUntil } = this;
    return {
      changes,
      failures,
      countedFailures: counted,
      ...(cause !== undefined && { cause }),
      ...(restartAllAt !== undefined && { restartAllAt }),
      ...(undecidedUntil !== undefined && { undecidedUntil }),
    };
  }

  settle(end: End, verdict: Exclude<Verdict, { kind: 'consequence' | 'asked' }>): void {
    const { backoff, backoffLimit } = this.facts.spec.failurePolicy;
    const run = { startedAt: end.child?.startedAt, endedAt: end.at };
    const before = this.storedOf(end.rank)?.failures ?? 0;
    const delayed = verdict.kind === 'failJob' || verdict.kind === 'restartAll' || verdict.delayed;
    const streak = delayed ? afterFailure(before, run, backoff) : afterDisruption(before, run);
    this.incidents.push({ rank: end.rank, at: end.at });
    if (verdict.kind === 'ignore' && !delayed) this.disruptions.push({ rank: end.rank, at: end.at });
    this.changes.set(end.uid, {
      failedTime: end.at.toISOString(),
      restartTime: streak.restartTime.toISOString(),
      ...(streak.failures > 0 && { failures: streak.failures }),
      ...(isGivenUp(end) && { minAttempt: end.attempt + 1 }),
    });
    this.failures.push(failureRecord(end, verdict.kind !== 'ignore'));
    if (verdict.kind === 'ignore') return;
    this.counted += 1;
    if (verdict.kind === 'failJob') this.fail(causeByRule(end, verdict.rule?.name));
    else if (this.facts.countedBefore + this.counted > backoffLimit) this.fail(this.causeByLimit(end));
    else if (verdict.kind === 'restartAll') this.restartAllAt = later(this.restartAllAt, streak.restartTime);
  }

  /** Without a drain it is delayed from the second time on, so that a job that is stopped again and again does not spin. */
  settleStop(end: End): void {
    this.settle(end, { kind: 'ignore', delayed: !isDrained(end, this.disruptions) });
  }

  settleLoss(end: End, now: Date): void {
    const others = this.facts.ranks.filter(({ rank, wanted }) => wanted && rank !== end.rank);
    if (isExplained(end, others, this.incidents, this.facts.spec.exchange)) {
      // There is no use in being back before the one that was lost.
      const restartTime = this.latestRestart(end.at);
      const failures = this.storedOf(end.rank)?.failures ?? 0;
      this.changes.set(end.uid, {
        restartTime: restartTime.toISOString(),
        ...(failures > 0 && { failures }),
      });
      this.failures.push(failureRecord(end, false));
      return;
    }
    const until = new Date(end.at.getTime() + this.facts.causeWaitMs);
    if (now < until && others.some(isStaffed)) {
      if (this.undecidedUntil === undefined || until < this.undecidedUntil) this.undecidedUntil = until;
      return;
    }
    this.settle(end, { kind: 'count', delayed: true });
  }

  private latestRestart(at: Date): Date {
    const before = this.facts.ranks
      .filter((rank) => rank.wanted && !isStaffed(rank))
      .map(({ stored }) => stored?.restartTime);
    const now = [...this.changes.values()].map(({ restartTime }) => restartTime);
    const times = [...before, ...now].filter((time) => time !== undefined);
    return times.reduce((latest, time) => later(latest, new Date(time)), at);
  }

  private storedOf(rank: number): RankStatus | undefined {
    return this.facts.ranks.find((one) => one.rank === rank)?.stored;
  }

  private causeByLimit(end: End): FailureCause {
    const { backoffLimit } = this.facts.spec.failurePolicy;
    const cause = causeOf(end);
    if (backoffLimit === 0) return cause;
    return withRemark(
      cause,
      `it is failure ${this.facts.countedBefore + this.counted}, beyond failurePolicy.backoffLimit (${backoffLimit})`,
    );
  }

  /** The first cause is the cause. */
  private fail(cause: FailureCause): void {
    this.cause ??= cause;
  }
}

function causeByRule(end: End, ruleName: string | undefined): FailureCause {
  const cause = causeOf(end);
  return ruleName === undefined
    ? cause
    : withRemark(cause, `the rule "${ruleName}" of failurePolicy ends the job`);
}

function later(one: Date | undefined, other: Date): Date {
  return one !== undefined && one > other ? one : other;
}
