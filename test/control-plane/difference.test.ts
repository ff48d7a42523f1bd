import { expect, test } from '@jest/globals';
import { differenceOf } from './difference.ts';

test('what is equal does not differ', () => {
  expect(differenceOf({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toBeUndefined();
});

test.each([
  ['another value', { a: { b: 1 } }, { a: { b: 2 } }, 'a.b is 1 instead of 2'],
  ['something missing', {}, { a: 1 }, 'a is undefined instead of 1'],
  ['something more', { a: 1 }, {}, 'a is 1 instead of undefined'],
  ['a longer list', { a: [1, 2] }, { a: [1] }, 'a.1 is 2 instead of undefined'],
  ['two at once', { a: 1, b: 1 }, { a: 2, b: 2 }, 'a is 1 instead of 2; b is 1 instead of 2'],
])('%s is named', (_what, actual, expected, words) => {
  expect(differenceOf(actual, expected)).toBe(words);
});
