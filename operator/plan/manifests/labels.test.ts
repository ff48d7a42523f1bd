import { expect, test } from '@jest/globals';
import { jobLabels, Label, workerLabels, workerOf, workerSelector } from './labels.ts';
import { mnistJob, UID } from './testing/cluster-job-fixture.ts';

test('the labels of a job’s children', () => {
  expect(jobLabels(mnistJob())).toEqual({
    'app.kubernetes.io/name': 'terngrad-job',
    'app.kubernetes.io/managed-by': 'terngrad-operator',
    'terngrad.dev/job-name': 'mnist',
    'terngrad.dev/job-uid': UID,
  });
  expect(workerSelector(UID)).toBe(`terngrad.dev/job-uid=${UID}`);
});

test('a pod’s labels say which worker it is', () => {
  const worker = { rank: 12, attempt: 3 };
  expect(workerOf(workerLabels(mnistJob(), worker))).toEqual(worker);
});

test.each([
  ['no labels', undefined],
  ['none of ours', { app: 'web' }],
  ['no attempt', { [Label.rank]: '0' }],
  ['attempt 0', { [Label.rank]: '0', [Label.attempt]: '0' }],
  ['a negative rank', { [Label.rank]: '-1', [Label.attempt]: '1' }],
  ['a second spelling', { [Label.rank]: '01', [Label.attempt]: '1' }],
])('%s: no worker', (_what, labels) => {
  expect(workerOf(labels)).toBeUndefined();
});
