import { describe, expect, test } from '@jest/globals';
import { unjudgedEnds } from './ends.ts';
import { CAUSE_WAIT_MS, judge } from './failure-policy.ts';
import { ranksOf } from './ranks.ts';
import type { WorkerBuilder } from './testing/builders.ts';
import { at, children, job, worker } from './testing/builders.ts';

const later = at(1000);

/** The judgement of the first look at these workers, one rank each. */
function judgementOf(workers: readonly WorkerBuilder[], now = later, ...spec: readonly string[]) {
  const seen = children(...workers);
  const size = Math.max(...seen.map(({ rank }) => rank)) + 1;
  const ranks = ranksOf([], seen, size);
  const ends = unjudgedEnds(ranks, seen, now);
  const facts = {
    spec: job(size, ...(spec.length === 0 ? ['failurePolicy: {backoffLimit: 0}'] : spec)).spec,
    ranks,
    ends,
    isComplete: false,
    countedBefore: 0,
    failuresBefore: [],
    causeWaitMs: CAUSE_WAIT_MS,
  };
  return judge(facts, now);
}

function causeOf(...workers: readonly WorkerBuilder[]) {
  const { cause } = judgementOf(workers);
  if (cause === undefined) throw new Error('expected a cause');
  return cause;
}

describe('the failure policy by default', () => {
  test('running and succeeded workers are no failure', () => {
    expect(judgementOf([worker(0).succeeded(), worker(1).running()])).toEqual({
      changes: new Map(),
      failures: [],
      countedFailures: 0,
    });
  });

  test.each([
    ['bad configuration', 64],
    ['bad data', 65],
    ['a program that threw', 66],
    ['our own defect', 70],
    ['an unknown code', 3],
  ])('%s fails the job with that code', (_, exitCode) => {
    expect(causeOf(worker(0).running(), worker(1).failed(exitCode))).toMatchObject({ rank: 1, exitCode });
  });

  test('the loss of a peer never masks why the peer was lost, even when it was noticed first', () => {
    const cause = causeOf(
      worker(0).failed(69, at(5)).saying('PeerLost'),
      worker(1).failed(66, at(6)).saying('LossNotFinite'),
      worker(2).failed(69, at(4)).saying('PeerLost'),
    );
    expect(cause).toEqual({
      rank: 1,
      attempt: 1,
      exitCode: 66,
      reason: 'LossNotFinite',
      message: 'LossNotFinite happened',
    });
  });

  test('of two causes the first in time is taken, and the lower rank when they are simultaneous', () => {
    expect(causeOf(worker(0).failed(70, at(5)), worker(1).failed(66, at(4)))).toMatchObject({ rank: 1 });
    expect(causeOf(worker(1).failed(66, at(4)), worker(0).failed(70, at(4)))).toMatchObject({ rank: 0 });
  });

  test('a lost peer waits for the explanation of a worker that still lives', () => {
    const workers = [worker(0).running().failed(69, at(500)), worker(1).running()];
    const until = new Date(at(500).getTime() + CAUSE_WAIT_MS);
    expect(judgementOf(workers, at(500))).toEqual({
      changes: new Map(),
      failures: [],
      countedFailures: 0,
      undecidedUntil: until,
    });
    expect(judgementOf(workers, until).cause).toMatchObject({ rank: 0, exitCode: 69 });
  });

  test('a lost peer is the cause at once when nobody is left to explain it', () => {
    const workers = [worker(0).failed(69, at(5)), worker(1).succeeded()];
    expect(judgementOf(workers, at(5)).cause).toMatchObject({ exitCode: 69 });
  });

  test.each([
    ['a stop', worker(1).failed(75, at(5))],
    ['a disruption', worker(1).disrupted(at(5))],
    ['a deletion', worker(1).running().deleting()],
    ['a peer that never started', worker(1)],
    ['a peer that is fenced', worker(1).failed(76, at(5))],
  ])('%s explains the loss of a peer, and neither counts', (_, other) => {
    const judged = judgementOf([worker(0).failed(69, at(4)), other]);
    expect(judged).toMatchObject({ countedFailures: 0 });
    expect(judged.cause).toBeUndefined();
    expect(judged.changes.has('uid-0-1')).toBe(true);
  });

  test.each([
    ['a silent death names the code', worker(1).failed(3), 'WorkerFailed', /exited with code 3/],
    ['a signal is named', worker(1).failed(137), 'WorkerKilled', /signal 9.*memory/],
  ])('%s', (_, dead, reason, message) => {
    const cause = causeOf(worker(0).running(), dead);
    expect(cause.reason).toBe(reason);
    expect(cause.message).toMatch(message);
  });

  test('a disruption blames the surroundings', () => {
    expect(judgementOf([worker(0).disrupted()]).failures[0]).toMatchObject({
      counted: false,
      reason: 'WorkerDisrupted',
      message: expect.stringMatching(/surroundings/),
    });
  });
});

describe('the failure policy with a limit', () => {
  const limit = 'failurePolicy: {backoffLimit: 2}';

  test('replaces up to the limit, each failure counted', () => {
    const judged = judgementOf([worker(0).failed(1, at(4)), worker(1).failed(70, at(5))], later, limit);
    expect(judged.cause).toBeUndefined();
    expect(judged.countedFailures).toBe(2);
    expect(judged.failures.map(({ uid, counted }) => [uid, counted])).toEqual([
      ['uid-0-1', true],
      ['uid-1-1', true],
    ]);
    expect(judged.changes.get('uid-1-1')).toEqual({
      failures: 1,
      failedTime: at(5).toISOString(),
      restartTime: at(5).toISOString(),
    });
  });

  test('fails with the failure beyond it, and says so', () => {
    const three = [0, 1, 2].map((rank) => worker(rank).failed(70, at(5 - rank)));
    expect(judgementOf(three, later, limit).cause).toMatchObject({
      rank: 0,
      message: expect.stringMatching(/failure 3, beyond failurePolicy\.backoffLimit \(2\)/),
    });
  });

  test('workers that never meet count once for all of them', () => {
    const all = [0, 1, 2].map((rank) =>
      worker(rank)
        .running(at(0))
        .failed(69, at(500 + rank)),
    );
    const judged = judgementOf(all, later, limit);
    expect(judged.countedFailures).toBe(1);
    expect(judged.failures.map(({ rank, counted }) => [rank, counted])).toEqual([
      [0, true],
      [1, false],
      [2, false],
    ]);
  });

  test('who only lost a peer is not back before the peer', () => {
    const streak = [
      { rank: 1, attempt: 2, uid: 'uid-1-2', state: 'running', failures: 2 } as const,
      { rank: 0, attempt: 1, uid: 'uid-0-1', state: 'running' } as const,
    ];
    const seen = children(
      worker(0).running().failed(69, at(7)),
      worker(1, 2).running(at(5)).failed(70, at(6)),
    );
    const ranks = ranksOf(streak, seen, 2);
    const judged = judge(
      {
        spec: job(2, 'failurePolicy: {backoffLimit: 9}').spec,
        ranks,
        ends: unjudgedEnds(ranks, seen, at(8)),
        isComplete: false,
        countedBefore: 2,
        failuresBefore: [],
        causeWaitMs: CAUSE_WAIT_MS,
      },
      at(8),
    );
    expect(judged.changes.get('uid-1-2')).toMatchObject({ failures: 3, restartTime: at(26).toISOString() });
    expect(judged.changes.get('uid-0-1')).toEqual({ restartTime: at(26).toISOString() });
  });

  test('a rule that ends the job is named', () => {
    const rule =
      'failurePolicy: {backoffLimit: 9, rules: [{name: gpu lost, action: failJob, exitCodes: [79]}]}';
    expect(judgementOf([worker(0).failed(79)], later, rule).cause?.message).toMatch(
      /the rule "gpu lost" of failurePolicy ends the job/,
    );
  });
});
