import { describe, expect, test } from '@jest/globals';
import type { FailureRule } from '../../crds/policies.ts';
import type { End } from './ends.ts';
import { verdictOf } from './failure-rules.ts';
import type { WorkerBuilder } from './testing/builders.ts';
import { at, worker } from './testing/builders.ts';

function endOf({ child }: WorkerBuilder, kind: End['kind'] = 'failed'): End {
  const { uid, rank, attempt } = child;
  return { uid, rank, attempt, kind, child, at: at(10) };
}

describe('without rules', () => {
  test.each([
    [64, 'failJob'],
    [65, 'failJob'],
    [66, 'failJob'],
    [69, 'consequence'],
    [70, 'count'],
    [75, 'asked'],
    [76, 'ignore'],
    [1, 'count'],
    [137, 'count'],
    [143, 'count'],
  ])('exit code %d means %s', (exitCode, kind) => {
    expect(verdictOf(endOf(worker(0).failed(exitCode)), []).kind).toBe(kind);
  });

  test('a drain or a preemption is free and does not delay, whatever the code', () => {
    expect(verdictOf(endOf(worker(0).disrupted()), [])).toEqual({ kind: 'ignore', delayed: false });
  });

  test('so is a deletion', () => {
    expect(verdictOf(endOf(worker(0).running().deleting(), 'lost'), [])).toEqual({
      kind: 'ignore',
      delayed: false,
    });
  });

  test('a fenced worker is free, but does not spin', () => {
    expect(verdictOf(endOf(worker(0).failed(76)), [])).toEqual({ kind: 'ignore', delayed: true });
  });

  test('a worker that says that a peer failed is no cause, whatever its code', () => {
    expect(verdictOf(endOf(worker(0).failed(70).saying('PeerFailed')), []).kind).toBe('consequence');
  });
});

describe('the first matching rule decides', () => {
  const rules: readonly FailureRule[] = [
    { action: 'ignore', exitCodes: [1, 66] },
    { name: 'drained', action: 'failJob', podCondition: 'DisruptionTarget' },
    { action: 'restartWorker', exitCodes: [2] },
    { action: 'restartAll', exitCodes: [3] },
    { action: 'count', exitCodes: [1, 65] },
  ];

  test.each([
    ['before the defaults', worker(0).failed(66), { kind: 'ignore', delayed: true }],
    ['and no later one', worker(0).failed(1), { kind: 'ignore', delayed: true }],
    ['by pod condition', worker(0).disrupted(), { kind: 'failJob', rule: rules[1] }],
    ['restartWorker counts without delay', worker(0).failed(2), { kind: 'count', delayed: false }],
    ['restartAll', worker(0).failed(3), { kind: 'restartAll', rule: rules[3] }],
    ['count', worker(0).failed(65), { kind: 'count', delayed: true }],
    ['none matches', worker(0).failed(64), { kind: 'failJob' }],
  ])('%s', (_, dead, verdict) => {
    expect(verdictOf(endOf(dead), rules)).toEqual(verdict);
  });

  test('an exit code that a deletion caused matches no rule by exit code', () => {
    const killed = endOf(worker(0).failed(137).deleting(), 'lost');
    expect(verdictOf(killed, [{ action: 'failJob', exitCodes: [137] }]).kind).toBe('ignore');
  });
});
