import { expect, test } from '@jest/globals';
import { covers } from './covers.ts';

test.each([
  ['the same', { a: 1, b: ['x'] }, { a: 1, b: ['x'] }, true],
  ['more than wanted', { a: 1, added: { by: 'server' } }, { a: 1 }, true],
  ['more within an item', { ports: [{ port: 1, protocol: 'TCP' }] }, { ports: [{ port: 1 }] }, true],
  ['another value', { a: 2 }, { a: 1 }, false],
  ['a missing field', {}, { a: 1 }, false],
  ['a longer list', { b: ['x', 'y'] }, { b: ['x'] }, false],
  ['a shorter list', { b: [] }, { b: ['x'] }, false],
  ['no map where an empty one is wanted', {}, { podSelector: {} }, true],
  ['no map where a full one is wanted', {}, { podSelector: { a: 1 } }, false],
  ['null where a map is wanted', { a: null }, { a: { b: 1 } }, false],
])('%s', (_case, actual, wanted, expected) => {
  expect(covers(actual, wanted)).toBe(expected);
});
