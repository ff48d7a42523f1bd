import { describe, expect, test } from '@jest/globals';
import { JoinFailures } from './join-failures.ts';

/** As grpc-js puts it. */
const wrapped = (error: string): string =>
  `No connection established. Last error: Error: ${error}. Resolution note: `;

const refused = wrapped('connect ECONNREFUSED 127.0.0.1:7070');
const untrusted = wrapped('self-signed certificate in certificate chain');
const cutOff = 'No connection established. Last error: Failed to connect (2026-01-01T00:00:00.000Z)';

function explained(...details: readonly string[]): string {
  const failures = new JoinFailures();
  for (const detail of details) failures.add(detail);
  return failures.explain();
}

describe('the explanation of why rank 0 could not be reached', () => {
  test('is empty before any attempt has failed', () => {
    expect(explained()).toBe('');
  });

  test('is the network error alone where nobody listens', () => {
    expect(explained(refused)).toBe('rank 0 could not be reached: connect ECONNREFUSED 127.0.0.1:7070');
  });

  test.each([
    ['before', [untrusted, refused]],
    ['after', [refused, untrusted]],
    ['between', [refused, untrusted, cutOff, refused]],
  ])('is the certificate, also when it came %s other failures', (_when, details) => {
    expect(explained(...details)).toMatch(
      /^rank 0 could not be reached: self-signed certificate in certificate chain; .*of one authority/,
    );
  });

  test.each([
    'certificate has expired',
    'unable to verify the first certificate',
    'the certificate at 10.0.0.1:7070 is for spiffe://terngrad/operator, not for rank 0 of this job',
    '0A00010B:SSL routines:ssl3_get_record:wrong version number',
    'write EPROTO: tlsv1 alert unknown ca',
  ])('says that it is TLS: %s', (error) => {
    expect(explained(wrapped(error), refused)).toContain(`${error}; the TLS handshake failed`);
  });

  test.each([cutOff, wrapped('read ECONNRESET')])(
    'points to the log of rank 0 where it hung up: %s',
    (detail) => {
      expect(explained(refused, detail, refused)).toContain(
        'rank 0 cut the connection off, and its log says why',
      );
    },
  );

  test('is the latest of equally telling failures', () => {
    expect(explained(refused, wrapped('getaddrinfo ENOTFOUND rank-0'))).toContain('ENOTFOUND');
  });

  test('keeps a text of another form as it is', () => {
    expect(explained('deadline exceeded')).toBe('rank 0 could not be reached: deadline exceeded');
  });
});
