import { beforeAll, expect, test } from '@jest/globals';
import { createAuthority, issueLeaf } from '../../operator/pki/authority.ts';
import type { Credentials } from './credentials.ts';
import { secureContextOf } from './credentials.ts';

const validity = { notAfter: new Date(Date.now() + 3_600_000) };
let issue: () => Promise<Credentials>;

beforeAll(async () => {
  const authority = await createAuthority('terngrad', validity);
  issue = async () => ({
    ...(await issueLeaf(authority, { identity: { kind: 'operator' }, validity })),
    authorities: authority.certificate,
  });
});

test('credentials that have not changed are read once', async () => {
  const credentials = await issue();
  expect(secureContextOf(credentials)).toBe(secureContextOf(credentials));
});

test('fields that change in an object are read anew', async () => {
  const credentials: { -readonly [K in keyof Credentials]: Credentials[K] } = { ...(await issue()) };
  const before = secureContextOf(credentials);
  Object.assign(credentials, await issue());
  expect(secureContextOf(credentials)).not.toBe(before);
});
