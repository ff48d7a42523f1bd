import { describe, expect, test } from '@jest/globals';
import { formatIdentity, InvalidIdentityError, OPERATOR_URI, parseIdentity } from './identity.ts';

const WORKER = {
  kind: 'worker',
  namespace: 'team-a',
  jobUid: '7d9c3a52-1b1e-4f0a-9e8c-2f60d4b7a001',
  rank: 12,
} as const;
const WORKER_URI = 'spiffe://terngrad/ns/team-a/terngradjob/7d9c3a52-1b1e-4f0a-9e8c-2f60d4b7a001/rank/12';

test('a worker identity survives the round trip', () => {
  expect(formatIdentity(WORKER)).toBe(WORKER_URI);
  expect(parseIdentity(WORKER_URI)).toEqual(WORKER);
});

test('the operator has one fixed identity', () => {
  expect(formatIdentity({ kind: 'operator' })).toBe(OPERATOR_URI);
  expect(parseIdentity('spiffe://terngrad/operator')).toEqual({ kind: 'operator' });
});

describe('what is not exactly an identity is refused', () => {
  test.each([
    ['empty', ''],
    ['another scheme', WORKER_URI.replace('spiffe', 'https')],
    ['another trust domain', WORKER_URI.replace('terngrad/ns', 'other/ns')],
    ['a leading zero in the rank', `${WORKER_URI.slice(0, -2)}012`],
    ['a negative rank', `${WORKER_URI.slice(0, -2)}-1`],
    ['a rank in exponent form', `${WORKER_URI.slice(0, -2)}1e3`],
    ['no rank', WORKER_URI.slice(0, -2)],
    ['a trailing slash', `${WORKER_URI}/`],
    ['a trailing newline', `${WORKER_URI}\n`],
    ['a leading space', ` ${WORKER_URI}`],
    ['a query', `${WORKER_URI}?rank=0`],
    ['a percent escape', WORKER_URI.replace('team-a', 'team%2Da')],
    ['an upper-case namespace', WORKER_URI.replace('team-a', 'Team-a')],
    ['a namespace with a slash', WORKER_URI.replace('team-a', 'a/b')],
    ['a uid with dots', WORKER_URI.replace('7d9c3a52', '..')],
    ['more after the operator', `${OPERATOR_URI}/x`],
  ])('%s', (_what, uri) => {
    expect(() => parseIdentity(uri)).toThrow(InvalidIdentityError);
  });

  test('also when formatting, so that no certificate can be issued for it', () => {
    expect(() => formatIdentity({ ...WORKER, namespace: 'a/b' })).toThrow(InvalidIdentityError);
    expect(() => formatIdentity({ ...WORKER, rank: -1 })).toThrow(InvalidIdentityError);
    expect(() => formatIdentity({ ...WORKER, rank: 1.5 })).toThrow(InvalidIdentityError);
  });
});
