import { expect, test } from '@jest/globals';
import type { RankState, RankStatus } from '../../crds/status.ts';
import { ranksOf, stateOf } from './ranks.ts';
import type { WorkerChild } from './worker-child.ts';

const child: WorkerChild = {
  rank: 0,
  attempt: 1,
  uid: 'uid-1',
  phase: 'running',
  ready: true,
  deleting: false,
  disrupted: false,
  conditions: [],
  createdAt: new Date(0),
};

function stateWith(stored: Partial<RankStatus>, seen: Partial<WorkerChild> = {}): RankState | undefined {
  const record: RankStatus = { rank: 0, attempt: 1, uid: 'uid-1', state: 'running', ...stored };
  const [rank] = ranksOf([record], [{ ...child, ...seen }], 1);
  return rank && stateOf(rank);
}

test.each(['stopped', 'failed', 'succeeded'] as const)(
  'what is recorded as %s does not live again, whatever a late view shows',
  (state) => expect(stateWith({ state })).toBe(state),
);

test('what was only lost from sight may be seen again', () => {
  expect(stateWith({ state: 'lost' })).toBe('running');
});

test('another object of the same attempt has not ended', () => {
  expect(stateWith({ state: 'stopped' }, { uid: 'uid-2' })).toBe('running');
});

test('what is being deleted is not known to have ended', () => {
  expect(stateWith({ state: 'stopped' }, { deleting: true })).toBe('lost');
});
