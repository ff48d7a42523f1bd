import { expect, test } from '@jest/globals';
import { masked } from './masked.ts';

const UID = '01234567-89ab-cdef-0123-456789abcdef';
const OTHER = '11111111-89ab-cdef-0123-456789abcdef';
const names = new Map([[UID, '(Pod a)']]);
const namespaces = { 'jobs-1': '(jobs)' };

test('a UID becomes the name of what has it, and one that nothing has is told', () => {
  const pod = { metadata: { name: 'a', uid: UID, resourceVersion: '7' }, status: { other: OTHER } };
  expect(masked(pod, names, namespaces)).toEqual({
    metadata: { name: 'a', uid: '(Pod a)' },
    status: { other: '(unknown UID)' },
  });
});

test('times, namespaces and addresses that the server gave are the same in every run; "None" stays', () => {
  const service = {
    metadata: { name: 'a', namespace: 'jobs-1' },
    spec: { clusterIP: '10.0.0.7', at: 'since 2026-01-01T00:00:00Z' },
  };
  expect(masked(service, names, namespaces)).toEqual({
    metadata: { name: 'a', namespace: '(jobs)' },
    spec: { clusterIP: '(given)', at: 'since (time)' },
  });
  const headless = { metadata: { name: 'a' }, spec: { clusterIP: 'None' } };
  expect(masked(headless, names, namespaces)).toEqual(headless);
});

test('conditions are compared by type, and other lists as they stand', () => {
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' });
  const job = {
    metadata: { name: 'a' },
    status: { conditions: [condition('B'), condition('A')], ranks: [2, 1] },
  };
  expect(masked(job, names, namespaces)).toMatchObject({
    status: { conditions: [{ type: 'A' }, { type: 'B' }], ranks: [2, 1] },
  });
});

test('of a Secret the job is read, and of keys only that they are there', () => {
  const data = { 'tls.key': 'c2VjcmV0', 'job.json': Buffer.from('{"a":1}').toString('base64') };
  expect(masked({ metadata: { name: 'a' }, data } as never, names, namespaces)).toMatchObject({
    data: { 'tls.key': '(secret)', 'job.json': '{"a":1}' },
  });
});
