import { expect, test } from '@jest/globals';
import { parseRunnableJob } from '../../../crds/index.ts';
import { rankSecret } from './rank-secret.ts';
import { mnistJob, UID } from './testing/cluster-job-fixture.ts';

const certificate = { certificate: 'CERT', privateKey: 'KEY', authorities: 'CA' };

function files(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

test('a rank’s Secret holds its certificate and the job', () => {
  const { kind, type, metadata, data } = rankSecret(mnistJob(), 1, certificate);
  expect({ kind, type, name: metadata.name }).toEqual({
    kind: 'Secret',
    type: 'Opaque',
    name: 'mnist-worker-1',
  });
  const { 'job.json': job, ...pem } = files(data);
  expect(pem).toEqual({ 'tls.crt': 'CERT', 'tls.key': 'KEY', 'ca.crt': 'CA' });
  const { metadata: jobMetadata, spec } = parseRunnableJob(job ?? '', 'job.json');
  expect(jobMetadata).toEqual({ name: 'mnist', namespace: 'team-a', uid: UID });
  expect(spec).toEqual(mnistJob().spec);
});

test('without TLS it holds the job alone', () => {
  const job = mnistJob({}, { tls: { enabled: false } });
  expect(Object.keys(rankSecret(job, 0, undefined).data)).toEqual(['job.json']);
});
