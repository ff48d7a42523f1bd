import { expect, test } from '@jest/globals';
import { parseRunnableJob } from '../../../crds/index.ts';
import { rankFiles, rankSecret, RANKS_PER_SECRET, secretBlockOf } from './rank-secrets.ts';
import { mnistJob, UID } from './testing/cluster-job-fixture.ts';

const certificateOf = (rank: number) => ({
  certificate: `CERT ${rank}`,
  privateKey: `KEY ${rank}`,
  authorities: 'CA',
});

function files(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

test('a Secret holds the certificates of its ranks, and once what they share', () => {
  const certificates = new Map([0, 1].map((rank) => [rank, certificateOf(rank)]));
  const { kind, type, metadata, data } = rankSecret(mnistJob(), 0, certificates);
  expect({ kind, type, name: metadata.name }).toEqual({
    kind: 'Secret',
    type: 'Opaque',
    name: 'mnist-ranks-0',
  });
  const { 'job.json': job, ...pem } = files(data);
  expect(pem).toEqual({
    'ca.crt': 'CA',
    '0.crt': 'CERT 0',
    '0.key': 'KEY 0',
    '1.crt': 'CERT 1',
    '1.key': 'KEY 1',
  });
  const { metadata: jobMetadata, spec } = parseRunnableJob(job ?? '', 'job.json');
  expect(jobMetadata).toEqual({ name: 'mnist', namespace: 'team-a', uid: UID });
  expect(spec).toEqual(mnistJob().spec);
});

test('of it a pod sees the job, the authorities and its own rank, under names without a rank', () => {
  expect(rankFiles(mnistJob(), 1)).toEqual([
    { key: 'job.json', path: 'job.json' },
    { key: 'ca.crt', path: 'ca.crt' },
    { key: '1.crt', path: 'tls.crt' },
    { key: '1.key', path: 'tls.key' },
  ]);
});

test('without TLS there is the job alone', () => {
  const job = mnistJob({}, { tls: { enabled: false } });
  expect(Object.keys(rankSecret(job, 0, new Map()).data)).toEqual(['job.json']);
  expect(rankFiles(job, 3)).toEqual([{ key: 'job.json', path: 'job.json' }]);
});

test('the largest Secret stays far below what the API server takes', () => {
  const pem = 'x'.repeat(1500);
  const ranks = Array.from({ length: RANKS_PER_SECRET }, (_, index) => 10_000 + index);
  const certificates = new Map(
    ranks.map((rank) => [rank, { certificate: pem, privateKey: pem, authorities: pem }]),
  );
  const { data } = rankSecret(mnistJob(), secretBlockOf(10_000), certificates);
  const bytes = Object.values(files(data)).reduce((sum, text) => sum + text.length, 0);
  expect(bytes).toBeLessThan(2 ** 20 / 4);
});

test('ranks are kept in blocks', () => {
  expect([0, 63, 64, 500].map(secretBlockOf)).toEqual([0, 0, 1, 7]);
});
