import { expect, test } from '@jest/globals';
import { merged } from './merged-events.ts';

const line = (type: string, name: string, version: number): string =>
  JSON.stringify({ type, object: { metadata: { name, resourceVersion: String(version) } } });

test.each([
  ['changes of one object', [line('MODIFIED', 'a', 1), line('MODIFIED', 'a', 2)], [line('MODIFIED', 'a', 2)]],
  [
    'what came and changed has come',
    [line('ADDED', 'a', 1), line('MODIFIED', 'a', 2)],
    [line('ADDED', 'a', 2)],
  ],
  [
    'what went and came again has changed',
    [line('DELETED', 'a', 1), line('ADDED', 'a', 2)],
    [line('MODIFIED', 'a', 2)],
  ],
  [
    'what came and went has gone',
    [line('ADDED', 'a', 1), line('DELETED', 'a', 2)],
    [line('DELETED', 'a', 2)],
  ],
  [
    'objects beside each other',
    [line('ADDED', 'a', 1), line('ADDED', 'b', 2)],
    [line('ADDED', 'a', 1), line('ADDED', 'b', 2)],
  ],
])('%s', (_what, lines, expected) => {
  expect(merged(lines)).toEqual(expected);
});
