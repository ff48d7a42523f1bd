import { expect, test } from '@jest/globals';
import type { ClusterJobObject } from './status-text.ts';
import { jobsTable, jobText } from './status-text.ts';

const now = new Date('2026-01-01T00:01:30Z');
const job: ClusterJobObject = {
  metadata: { name: 'lenet', namespace: 'team-a', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: {
    state: 'Failed',
    summary: {
      workers: '1/2',
      step: '40/100',
      progress: '40%',
      eta: '12s',
      loss: '0.5',
      saved: '93.2% (4.1 MB)',
    },
    cause: {
      rank: 1,
      attempt: 2,
      exitCode: 66,
      reason: 'LossNotFinite',
      message: 'the loss of step 41 is NaN',
    },
    conditions: [
      {
        type: 'Failed',
        status: 'True',
        lastTransitionTime: '2026-01-01T00:01:00Z',
        reason: 'LossNotFinite',
        message: 'the loss of step 41 is NaN\nand more',
      },
    ],
    ranks: [
      { rank: 0, attempt: 1, state: 'running', pod: 'lenet-worker-0-1' },
      { rank: 1, attempt: 2, state: 'failed', pod: 'lenet-worker-1-2', reason: 'LossNotFinite' },
    ],
    restarts: 1,
  },
};
const untouched: ClusterJobObject = { metadata: { name: 'new' } };

test('a table has a line for each job, and a dash for what is not known', () => {
  expect(jobsTable([job, untouched], now, false)).toBe(
    [
      'NAME   STATE   WORKERS  STEP    PROGRESS  ETA  LOSS  THROUGHPUT  SAVED           AGE',
      'lenet  Failed  1/2      40/100  40%       12s  0.5   -           93.2% (4.1 MB)  1m30s',
      'new    -       -        -       -         -    -     -           -               -',
      '',
    ].join('\n'),
  );
  expect(jobsTable([job], now, true)).toMatch(/^NAMESPACE {2}NAME .*\nteam-a {5}lenet /);
});

test('one job is told with its cause, its conditions and its ranks', () => {
  expect(jobText(job, now)).toBe(
    [
      'team-a/lenet: Failed (LossNotFinite)',
      '  the loss of step 41 is NaN',
      '  workers        1/2',
      '  step           40/100, 40%, 12s to go',
      '  loss           0.5',
      '  bytes saved    93.2% (4.1 MB)',
      '  replacements   1',
      '  age            1m30s',
      '',
      'CONDITION  STATUS  REASON         MESSAGE',
      'Failed     True    LossNotFinite  the loss of step 41 is NaN',
      '',
      'RANK  ATTEMPT  STATE    POD               WHY',
      '   0        1  running  lenet-worker-0-1',
      '   1        2  failed   lenet-worker-1-2  LossNotFinite',
      '',
    ].join('\n'),
  );
});

test('a job without a status asks for an operator', () => {
  expect(jobText(untouched, now)).toMatch(/no operator has looked at it yet/);
});
