import { expect, test } from '@jest/globals';
import { jobKeyOf } from './job-keys.ts';

const owner = {
  apiVersion: 'terngrad.dev/v1alpha1',
  kind: 'TernGradJob',
  name: 'owner',
  uid: 'u',
  controller: true,
};
const labels = { 'terngrad.dev/job-name': 'labelled' };

test.each([
  ['its owner', { ownerReferences: [owner], labels }, 'default/owner'],
  ['its label, where the owner was stripped', { labels }, 'default/labelled'],
  [
    'its label, where the owner does not control it',
    { ownerReferences: [{ ...owner, controller: false }], labels },
    'default/labelled',
  ],
  ["nobody, where another's", { ownerReferences: [{ ...owner, kind: 'ReplicaSet' }] }, undefined],
  ['nobody', {}, undefined],
])('a child belongs to %s', (_case, metadata, expected) => {
  expect(jobKeyOf({ metadata: { namespace: 'default', name: 'child', ...metadata } })).toBe(expected);
});
