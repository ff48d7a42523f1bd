import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createAuthority } from './authority.ts';
import { renewalTime, validityOf } from './lifetime.ts';

const NOW = new Date('2030-01-01T00:00:00Z');

test('a certificate is good for clocks that lag five minutes, and due after two thirds', async () => {
  const validity = validityOf(3, NOW);
  expect(validity).toEqual({
    notBefore: new Date('2029-12-31T23:55:00Z'),
    notAfter: new Date('2030-01-04T00:00:00Z'),
  });
  const { certificate } = await createAuthority('test', validity);
  // 72 h 5 min from 23:55; two thirds are 48 h 3 min 20 s.
  expect(renewalTime(new X509Certificate(certificate))).toEqual(new Date('2030-01-02T23:58:20Z'));
});
