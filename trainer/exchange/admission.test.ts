import { describe, expect, test } from '@jest/globals';
import type { JoinRequest } from '../wire/messages.ts';
import { admit } from './admission.ts';
import type { AdmissionState } from './admission.ts';

const REQUEST: JoinRequest = {
  rank: 2,
  attempt: 3,
  address: '10.0.0.2:7000',
  generationSeen: 0,
  step: 100,
  signature: 'lenet',
  stateHash: 'aa',
  replicas: 4,
  instance: 'one',
};

const STATE: AdmissionState = {
  maxReplicas: 4,
  replicas: 4,
  own: { signature: 'lenet', stateHash: 'aa', step: 100 },
  joined: new Map([[0, { attempt: 1, instance: 'zero' }]]),
  newestAttempts: new Map(),
};

test('a worker that agrees in everything is accepted', () => {
  expect(admit(2, REQUEST, STATE)).toEqual({ kind: 'accept' });
});

describe('what rank 0 refuses, by field', () => {
  test.each<[string, number, Partial<JoinRequest>, string]>([
    ['a rank that is not the certificate’s', 1, {}, 'rank'],
    ['rank 0 itself', 0, { rank: 0 }, 'rank'],
    ['a rank out of range', 4, { rank: 4 }, 'rank'],
    ['another number of replicas', 2, { replicas: 8 }, 'replicas'],
    ['attempt 0', 2, { attempt: 0 }, 'attempt'],
    ['another model signature', 2, { signature: 'mlp' }, 'signature'],
  ])('%s', (_what, certificateRank, change, field) => {
    expect(admit(certificateRank, { ...REQUEST, ...change }, STATE)).toMatchObject({ kind: 'refuse', field });
  });

  test('other weights before the first step, with both values', () => {
    const fresh = { ...STATE, own: { ...STATE.own, step: 0 } };
    const admission = admit(2, { ...REQUEST, step: 0, stateHash: 'bb' }, fresh);
    expect(admission).toMatchObject({
      kind: 'refuse',
      field: 'stateHash',
      message: expect.stringMatching(/\(state hash bb\).*\(aa\)/),
    });
  });
});

test.each([
  ['behind', { step: 99, stateHash: 'bb' }],
  ['ahead', { step: 101, stateHash: 'bb' }],
  ['without a state', { step: 0, stateHash: '' }],
])('a worker that is %s is accepted: states are compared once all are there', (_what, change) => {
  expect(admit(2, { ...REQUEST, ...change }, STATE)).toEqual({ kind: 'accept' });
});

describe('two processes of one rank', () => {
  const joined = new Map([
    [0, { attempt: 1, instance: 'zero' }],
    [2, { attempt: 3, instance: 'other' }],
  ]);

  test('a newer attempt replaces the older', () => {
    expect(admit(2, { ...REQUEST, attempt: 4 }, { ...STATE, joined })).toEqual({
      kind: 'replace',
      fencedAttempt: 3,
    });
  });

  test('an older attempt is fenced, whatever else it says', () => {
    expect(admit(2, { ...REQUEST, attempt: 2, stateHash: 'bb' }, { ...STATE, joined })).toMatchObject({
      kind: 'fence',
    });
  });

  test('an attempt that is older than one known of is fenced, though nobody holds the rank', () => {
    const newestAttempts = new Map([[2, 4]]);
    expect(admit(2, REQUEST, { ...STATE, newestAttempts })).toMatchObject({ kind: 'fence' });
  });

  test('the same process again keeps its rank', () => {
    const again = { ...REQUEST, instance: 'other' };
    expect(admit(2, again, { ...STATE, joined })).toEqual({ kind: 'again' });
  });

  test('the same attempt of another process is refused: the first one keeps the rank', () => {
    expect(admit(2, REQUEST, { ...STATE, joined })).toMatchObject({ kind: 'refuse', field: 'attempt' });
  });

  test('a newer attempt that disagrees does not fence the older', () => {
    const admission = admit(2, { ...REQUEST, attempt: 4, signature: 'mlp' }, { ...STATE, joined });
    expect(admission).toMatchObject({ kind: 'refuse', field: 'signature' });
  });
});
