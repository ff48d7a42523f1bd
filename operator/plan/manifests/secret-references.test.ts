import { expect, test } from '@jest/globals';
import { forbiddenSecretReferences } from './secret-references.ts';
import { mnistJob } from './testing/cluster-job-fixture.ts';

const job = mnistJob({
  template: {
    env: [
      { name: 'PLAIN', value: 'x' },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } },
    ],
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'keys', secret: { secretName: 'keys' } },
    ],
    imagePullSecrets: [{ name: 'registry' }],
  },
});

test('no Secret may be named unless it is allowed', () => {
  expect(forbiddenSecretReferences(job, new Set())).toEqual([
    {
      field: 'spec.workers.template.env[1].valueFrom.secretKeyRef.name',
      name: 'database',
      message:
        'spec.workers.template.env[1].valueFrom.secretKeyRef.name: "database" is not among the Secrets that jobs may use; ' +
        "have the operator's admin add it to --secret-references, or take the reference out",
    },
    expect.objectContaining({ field: 'spec.workers.template.volumes[1].secret.secretName', name: 'keys' }),
    expect.objectContaining({ field: 'spec.workers.template.imagePullSecrets[0].name', name: 'registry' }),
  ]);
});

test('an allowed Secret passes, by its whole name', () => {
  const allowed = new Set(['database', 'registry', 'key']);
  expect(forbiddenSecretReferences(job, allowed).map(({ name }) => name)).toEqual(['keys']);
});

test('a job without references passes', () => {
  expect(forbiddenSecretReferences(mnistJob(), new Set())).toEqual([]);
});
