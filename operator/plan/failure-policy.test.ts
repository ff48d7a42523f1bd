import { describe, expect, test } from '@jest/globals';
import { CAUSE_WAIT_MS, decideFailure } from './failure-policy.ts';
import { at, children, worker } from './testing/builders.ts';
import type { WorkerBuilder } from './testing/builders.ts';

const later = at(1000);

function causeOf(...workers: readonly WorkerBuilder[]) {
  const decision = decideFailure(children(...workers), later);
  if (decision.kind !== 'failed') throw new Error(`expected a cause, got ${decision.kind}`);
  return decision.cause;
}

describe('the failure policy', () => {
  test('running and succeeded workers are no failure', () => {
    expect(decideFailure(children(worker(0).succeeded(), worker(1).running()), later)).toEqual({
      kind: 'none',
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

  test('a worker that says that a peer failed is no cause, whatever its exit code', () => {
    expect(
      causeOf(
        worker(0).failed(70, at(5)).saying('PeerFailed'),
        worker(1).failed(65, at(6)).saying('BadData'),
      ),
    ).toMatchObject({ rank: 1, exitCode: 65 });
  });

  test('of two causes the first in time is taken, and the lower rank when they are simultaneous', () => {
    expect(causeOf(worker(0).failed(70, at(5)), worker(1).failed(66, at(4)))).toMatchObject({ rank: 1 });
    expect(causeOf(worker(1).failed(66, at(4)), worker(0).failed(70, at(4)))).toMatchObject({ rank: 0 });
  });

  test('a lost peer waits for the explanation of a worker that still lives', () => {
    const workers = children(worker(0).failed(69, at(5)), worker(1).running());
    const until = new Date(at(5).getTime() + CAUSE_WAIT_MS);
    expect(decideFailure(workers, at(5))).toEqual({ kind: 'waiting', until });
    expect(decideFailure(workers, until)).toMatchObject({ kind: 'failed', cause: { rank: 0, exitCode: 69 } });
  });

  test('a lost peer is the cause at once when nobody is left to explain it', () => {
    const workers = children(worker(0).failed(69, at(5)), worker(1).succeeded());
    expect(decideFailure(workers, at(5))).toMatchObject({ kind: 'failed', cause: { exitCode: 69 } });
  });

  test('a worker that somebody stopped explains the loss of a peer', () => {
    expect(causeOf(worker(0).failed(69, at(4)), worker(1).failed(75, at(5)))).toMatchObject({ exitCode: 75 });
  });

  test('a fenced worker is ignored', () => {
    expect(decideFailure(children(worker(0).failed(76), worker(1).running()), later)).toEqual({
      kind: 'none',
    });
  });

  test('the failure of an older attempt is history', () => {
    expect(decideFailure(children(worker(0, 1).failed(70), worker(0, 2).running()), later)).toEqual({
      kind: 'none',
    });
  });

  test.each([
    ['a silent death names the code', worker(1).failed(3), 'WorkerFailed', /exited with code 3/],
    ['a signal is named', worker(1).failed(137), 'WorkerKilled', /signal 9.*memory/],
    ['a disruption blames the surroundings', worker(1).disrupted(), 'WorkerDisrupted', /surroundings/],
  ])('%s', (_, dead, reason, message) => {
    const cause = causeOf(dead);
    expect(cause.reason).toBe(reason);
    expect(cause.message).toMatch(message);
  });
});
