import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { mnistJob, UID } from '../../plan/manifests/testing/cluster-job-fixture.ts';
import { DAY_MS } from '../lifetime.ts';
import { bundleOf, firstState } from './authority-state.ts';
import { issueOperatorCertificate, issueRankCertificate, renewalTime } from './issue.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const authorities = await firstState(NOW);
const others = await firstState(NOW);
const leaf = await issueRankCertificate(authorities, mnistJob(), 3, NOW);

test('a rank’s certificate names namespace, job and rank, and lives 30 days', () => {
  const certificate = new X509Certificate(leaf.certificate);
  expect(certificate.subjectAltName).toBe(
    `URI:spiffe://terngrad/ns/team-a/terngradjob/${UID}/rank/3, DNS:worker-3.mnist-coordinator.team-a.svc`,
  );
  expect(new Date(certificate.validTo)).toEqual(new Date(NOW.getTime() + 30 * DAY_MS));
  expect(certificate.verify(new X509Certificate(authorities.signing.certificate).publicKey)).toBe(true);
  expect(leaf.authorities).toBe(bundleOf(authorities));
  expect(leaf.authorities).not.toContain('PRIVATE KEY');
});

test('the operator’s certificate names the operator', async () => {
  const { certificate } = await issueOperatorCertificate(authorities, NOW);
  expect(new X509Certificate(certificate).subjectAltName).toBe('URI:spiffe://terngrad/operator');
});

describe('a certificate is replaced', () => {
  test('after two thirds of its life', () => {
    const days = (renewalTime(authorities, leaf).getTime() - NOW.getTime()) / DAY_MS;
    expect(days).toBeCloseTo(20, 1);
  });

  test.each([
    ['it was signed by another authority', others, leaf],
    ['another authority is trusted too', { ...authorities, retired: [others.signing.certificate] }, leaf],
    ['it is not there', authorities, { ...leaf, certificate: '' }],
    ['its key is another’s', authorities, { ...leaf, privateKey: others.signing.privateKey }],
    ['its authorities are gone', authorities, { ...leaf, authorities: '' }],
  ])('at once when %s', (_what, state, given) => {
    expect(renewalTime(state, given)).toEqual(new Date(0));
  });
});
