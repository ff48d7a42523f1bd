import { describe, expect, test } from '@jest/globals';
import * as names from './names.ts';

const DNS_LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

test('the names of a job’s children', () => {
  expect(names.workerPodName('mnist', { rank: 3, attempt: 2 })).toBe('mnist-worker-3-2');
  expect(names.workerHostname(3)).toBe('worker-3');
  expect(names.rankSecretName('mnist', 1)).toBe('mnist-ranks-1');
  expect(names.coordinatorServiceName('mnist')).toBe('mnist-coordinator');
  expect(names.networkPolicyName('mnist')).toBe('mnist');
});

describe('the Service of a job with a long name', () => {
  const long = 'a'.repeat(63);

  test.each([51, 52, 55, 56, 63])('has a name that a DNS label can hold: %i characters', (length) => {
    expect(names.coordinatorServiceName(long.slice(0, length))).toMatch(DNS_LABEL);
  });

  test('is cut only where it must be', () => {
    expect(names.coordinatorServiceName(long.slice(0, 51))).toBe(`${long.slice(0, 51)}-coordinator`);
    expect(names.coordinatorServiceName(long.slice(0, 52))).toHaveLength(63);
  });

  test('keeps jobs apart that differ in the last letter only', () => {
    const neighbour = `${long.slice(0, 62)}b`;
    expect(names.coordinatorServiceName(neighbour)).not.toBe(names.coordinatorServiceName(long));
  });
});
