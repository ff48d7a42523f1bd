import { describe, expect, test } from '@jest/globals';
import type { ContainerState, Pod, PodCondition, PodStatus } from './pod.ts';
import { hasEnded, workerChild } from './worker-child.ts';

const CREATED = '2026-01-01T00:00:00Z';
const LATER = '2026-01-01T00:00:05Z';
const WORKER = { rank: 1, attempt: 2 };

function pod(status: PodStatus = {}, deletionTimestamp?: string): Pod {
  return {
    metadata: {
      name: 'example-worker-1-2',
      uid: 'uid-1',
      creationTimestamp: CREATED,
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    spec: { nodeName: 'node-1' },
    status,
  };
}

const container = (state: ContainerState): Pick<PodStatus, 'containerStatuses'> => ({
  containerStatuses: [
    { name: 'sidecar', state: { terminated: { exitCode: 9 } } },
    { name: 'worker', state },
  ],
});

const condition = (type: string, status: string, more: Partial<PodCondition> = {}): PodCondition => ({
  type,
  status,
  lastTransitionTime: LATER,
  ...more,
});

const read = (status: PodStatus, deletionTimestamp?: string) =>
  workerChild(pod(status, deletionTimestamp), WORKER);

test('a pod that was just made is pending and nothing is in its way', () => {
  expect(workerChild({ metadata: { name: 'p', uid: 'u', creationTimestamp: CREATED } }, WORKER)).toEqual({
    uid: 'u',
    rank: 1,
    attempt: 2,
    name: 'p',
    phase: 'pending',
    ready: false,
    disrupted: false,
    conditions: [],
    deleting: false,
    createdAt: new Date(CREATED),
  });
});

describe('the phase', () => {
  test.each([
    ['Running', { running: { startedAt: LATER } }, 'running'],
    ['a sidecar goes on after success', { terminated: { exitCode: 0 } }, 'succeeded'],
    ['a sidecar goes on after failure', { terminated: { exitCode: 3 } }, 'failed'],
  ])('%s', (_case, state, phase) => {
    expect(read({ phase: 'Running', ...container(state) }).phase).toBe(phase);
  });

  test.each([
    ['Succeeded', 'succeeded'],
    ['Failed', 'failed'],
    ['Pending', 'pending'],
    ['Unknown', 'pending'],
  ])('of the pod counts without a container: %s', (phase, expected) => {
    expect(read({ phase }).phase).toBe(expected);
  });
});

describe('an end', () => {
  const message = {
    rank: 1,
    attempt: 2,
    exitCode: 66,
    reason: 'ProgramFailed',
    message: 'm',
    steps: 3,
    epochs: 1,
  };
  const ended = (text: string) =>
    read(container({ terminated: { exitCode: 66, message: text, finishedAt: LATER } }));

  test('has exit code, time and last words', () => {
    expect(ended(JSON.stringify(message))).toMatchObject({
      exitCode: 66,
      finishedAt: new Date(LATER),
      message: { reason: 'ProgramFailed', steps: 3 },
    });
  });

  test.each([
    ['none', ''],
    ['cut short', JSON.stringify(message).slice(0, 40)],
    ['not ours', '{"reason": 3}'],
    ['no JSON', 'Killed'],
    ["another worker's", JSON.stringify({ ...message, rank: 0 })],
  ])('with words that are %s has none', (_case, text) => {
    expect(ended(text).message).toBeUndefined();
    expect(ended(text).exitCode).toBe(66);
  });

  test('of a pod that never ran is timed by its conditions', () => {
    const status = {
      phase: 'Failed',
      reason: 'Evicted',
      conditions: [condition('DisruptionTarget', 'True')],
    };
    expect(read(status)).toMatchObject({ finishedAt: new Date(LATER), disrupted: true });
  });
});

describe('a disruption', () => {
  test.each(['Evicted', 'NodeLost', 'Preempting'])('is the reason %s', (reason) => {
    expect(read({ phase: 'Failed', reason }).disrupted).toBe(true);
  });

  test('is the condition, which rules can match; ordinary conditions cannot be matched', () => {
    const conditions = [
      condition('Ready', 'True'),
      condition('DisruptionTarget', 'True'),
      condition('Custom', 'False'),
    ];
    expect(read({ phase: 'Failed', conditions })).toMatchObject({
      disrupted: true,
      conditions: ['DisruptionTarget'],
    });
  });

  test('is not an exit by itself', () => {
    expect(read({ phase: 'Failed', ...container({ terminated: { exitCode: 137 } }) }).disrupted).toBe(false);
  });
});

test.each([
  ['being deleted', {}, LATER],
  ['on a lost node', { phase: 'Running', reason: 'NodeLost' }, undefined],
])('a pod %s counts as going', (_case, status, deletionTimestamp) => {
  expect(read(status, deletionTimestamp).deleting).toBe(true);
});

test('ready is what the probe says of a running worker', () => {
  const conditions = [condition('Ready', 'True')];
  expect(read({ phase: 'Running', conditions }).ready).toBe(true);
  expect(read({ phase: 'Failed', conditions }).ready).toBe(false);
});

describe('what a pod waits for', () => {
  test('is a node, in the words of the scheduler', () => {
    const words = '0/3 nodes are available: 3 Insufficient cpu.';
    const conditions = [condition('PodScheduled', 'False', { reason: 'Unschedulable', message: words })];
    expect(read({ phase: 'Pending', conditions }).waiting).toEqual({
      reason: 'Unschedulable',
      message: words,
      since: new Date(LATER),
    });
  });

  test('is its container, in the words of the kubelet', () => {
    const conditions = [condition('PodScheduled', 'True')];
    const waiting = { reason: 'ErrImagePull', message: 'not found' };
    expect(read({ phase: 'Pending', conditions, ...container({ waiting }) }).waiting).toEqual({
      ...waiting,
      since: new Date(LATER),
    });
  });

  test.each(['ContainerCreating', 'PodInitializing'])('is nothing while it is %s', (reason) => {
    expect(read({ phase: 'Pending', ...container({ waiting: { reason } }) }).waiting).toBeUndefined();
  });
});

test.each([
  [{ phase: 'Running' }, undefined, false],
  [{ phase: 'Failed' }, undefined, true],
  [{ phase: 'Running' }, LATER, true],
])('%j, deleted at %s, has ended: %s', (status, deletionTimestamp, expected) => {
  expect(hasEnded(pod(status, deletionTimestamp))).toBe(expected);
});
