import { expect, test } from '@jest/globals';
import { isAtLeast } from './resource-version.ts';

test.each([
  ['9', '10', false],
  ['10', '9', true],
  ['10', '10', true],
  ['9007199254740993', '9007199254740992', true],
  ['9007199254740992', '9007199254740993', false],
  [undefined, '1', false],
  ['1', undefined, true],
])('resourceVersion %s is at least %s: %s', (one, other, expected) => {
  expect(isAtLeast(one, other)).toBe(expected);
});
