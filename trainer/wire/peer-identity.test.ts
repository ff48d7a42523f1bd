import { describe, expect, test } from '@jest/globals';
import { InvalidIdentityError } from '../../operator/pki/identity.ts';
import { certificateIdentity, isWorkerOf } from './peer-identity.ts';

const RANK_1 = 'URI:spiffe://terngrad/ns/default/terngradjob/uid-1/rank/1';
const OPERATOR = 'URI:spiffe://terngrad/operator';

test('the one URI of a certificate is its identity, whatever other names it has', () => {
  const worker = { kind: 'worker', namespace: 'default', jobUid: 'uid-1', rank: 1 };
  expect(certificateIdentity(RANK_1)).toEqual(worker);
  expect(certificateIdentity(`DNS:worker-1, ${RANK_1}, IP Address:10.0.0.1`)).toEqual(worker);
});

describe('names that leave the identity open are refused', () => {
  test.each([
    ['none', undefined],
    ['no URI', 'DNS:worker-1'],
    ['two URIs', `${RANK_1}, ${OPERATOR}`],
    ['a DNS name that looks like a list with a URI', `DNS:"x, ${OPERATOR}, y"`],
    ['a DNS name that quotes, beside a right URI', `${RANK_1}, DNS:"a b"`],
    ['a URI of another kind', 'URI:https://terngrad/operator'],
    ['lower case', RANK_1.toLowerCase()],
  ])('%s', (_what, names) => {
    expect(() => certificateIdentity(names)).toThrow(InvalidIdentityError);
  });
});

test('a worker belongs to a job when namespace and uid are the job’s', () => {
  const identity = certificateIdentity(RANK_1);
  expect(isWorkerOf({ namespace: 'default', uid: 'uid-1' }, identity)).toBe(true);
  expect(isWorkerOf({ namespace: 'default', uid: 'uid-2' }, identity)).toBe(false);
  expect(isWorkerOf({ namespace: 'other', uid: 'uid-1' }, identity)).toBe(false);
  expect(isWorkerOf({ namespace: 'default', uid: 'uid-1' }, { kind: 'operator' })).toBe(false);
});
