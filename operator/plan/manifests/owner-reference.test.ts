import { expect, test } from '@jest/globals';
import { isOwnedBy, owningJob, ownerReference } from './owner-reference.ts';
import { mnistJob, UID } from './testing/cluster-job-fixture.ts';

const ours = ownerReference(mnistJob());

test('a child belongs to the job that made it', () => {
  const child = { ownerReferences: [ours] };
  expect(isOwnedBy(UID, child)).toBe(true);
  expect(owningJob(child)).toBe(UID);
});

test.each([
  ['nobody’s', {}],
  ['of an earlier job of the same name', { ownerReferences: [{ ...ours, uid: 'earlier' }] }],
  ['only loosely ours', { ownerReferences: [{ ...ours, controller: false }] }],
])('an object that is %s is not a child', (_what, object) => {
  expect(isOwnedBy(UID, object)).toBe(false);
});

test('another kind of controller is no job', () => {
  expect(owningJob({ ownerReferences: [{ ...ours, kind: 'ReplicaSet' }] })).toBeUndefined();
});
