import { beforeEach, expect, test } from '@jest/globals';
import { secrets as secretKind } from '../../cluster/controller/kinds.ts';
import { MemoryApiServer } from '../../cluster/testing/memory-api-server.ts';
import { mnistJob } from '../../plan/manifests/testing/cluster-job-fixture.ts';
import { DAY_MS } from '../lifetime.ts';
import { Certificates } from './certificates.ts';
import type { SecretObject } from './secret-object.ts';

const START = new Date('2030-01-01T00:00:00Z');
let now: Date;
let certificates: Certificates;

beforeEach(() => {
  now = START;
  const secrets = new MemoryApiServer(() => now).resource<SecretObject>(secretKind);
  certificates = new Certificates({ secrets, namespace: 'terngrad-system', clock: () => now });
});

function pass(days: number): void {
  now = new Date(now.getTime() + days * DAY_MS);
}

test('nothing is issued before the authorities are read', () => {
  expect(() => certificates.operator).toThrow('before refresh()');
  expect(() => certificates.issue(mnistJob(), 0)).toThrow('before refresh()');
});

test('a rank’s certificate is good until the authorities change, then due at once', async () => {
  expect(await certificates.refresh()).toBe('changed');
  const leaf = await certificates.issue(mnistJob(), 0);
  expect(certificates.renewalTime(leaf) > now).toBe(true);
  pass(1);
  expect(await certificates.refresh()).toBe('same');
  expect(certificates.renewalTime(leaf) > now).toBe(true);
  pass(490);
  expect(await certificates.refresh()).toBe('changed');
  expect(certificates.renewalTime(leaf) <= now).toBe(true);
});

test('the operator’s own is kept for two thirds of its life, and renewed by refresh', async () => {
  await certificates.refresh();
  const first = certificates.operator;
  pass(19);
  await certificates.refresh();
  expect(certificates.operator).toBe(first);
  pass(2);
  await certificates.refresh();
  expect(certificates.operator.certificate).not.toBe(first.certificate);
});
