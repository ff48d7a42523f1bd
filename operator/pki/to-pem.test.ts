import { expect, test } from '@jest/globals';
import { toPem } from './to-pem.ts';

test('lines have 64 characters, the last one what is left', () => {
  const pem = toPem('CERTIFICATE', Buffer.alloc(50, 0xff));
  expect(pem).toBe(`-----BEGIN CERTIFICATE-----\n${'/'.repeat(64)}\n//8=\n-----END CERTIFICATE-----\n`);
});

test('a last line that is full is not followed by an empty one', () => {
  expect(toPem('PRIVATE KEY', Buffer.alloc(48))).toBe(
    `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\n-----END PRIVATE KEY-----\n`,
  );
});
