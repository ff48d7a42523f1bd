import { expect, test } from '@jest/globals';
import { MAX_TERMINATION_MESSAGE_BYTES, terminationMessageSchema } from '../crds/index.ts';
import { encodeTerminationMessage } from './termination-file.ts';

const base = { rank: 1, attempt: 1, exitCode: 66, reason: 'ProgramFailed', steps: 12, epochs: 0.5 };

test('a short message is written as it is', () => {
  const message = { ...base, message: 'the program threw: no such layer' };
  expect(JSON.parse(encodeTerminationMessage(message))).toEqual(message);
});

test.each([
  ['ASCII', 'x'.repeat(20_000)],
  ['wide characters', '誤'.repeat(20_000)],
  ['escaped characters', '"\n\\'.repeat(20_000)],
])('a message of %s is cut to what Kubernetes keeps, and stays valid', (_name, text) => {
  const encoded = encodeTerminationMessage({ ...base, message: text });
  expect(Buffer.byteLength(encoded)).toBeLessThanOrEqual(MAX_TERMINATION_MESSAGE_BYTES);
  const parsed = terminationMessageSchema.parse(JSON.parse(encoded));
  expect(parsed.message.endsWith('…')).toBe(true);
  expect(parsed.message.length).toBeGreaterThan(500);
});
