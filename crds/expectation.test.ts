import { expect, test } from '@jest/globals';
import { expectation } from './expectation.ts';
import type { SchemaNode } from './schema-tree.ts';

test.each<[SchemaNode, string]>([
  [{ type: 'integer' }, 'a whole number'],
  [{ type: 'integer', minimum: 1, maximum: 2_147_483_647 }, 'a whole number of at least 1'],
  [{ type: 'integer', minimum: 0, maximum: 16 }, 'a whole number from 0 to 16'],
  [{ type: 'integer', minimum: 80, multipleOf: 80 }, 'a whole number of at least 80, a multiple of 80'],
  [{ type: 'number', minimum: 0, exclusiveMinimum: true }, 'a number above 0'],
  [{ type: 'number', maximum: 1 }, 'a number of at most 1'],
  [{ type: 'number', minimum: 0, maximum: 1, exclusiveMaximum: true }, 'a number of at least 0 and below 1'],
  [{ type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1 }, 'a number above 0 and at most 1'],
  [{ type: 'boolean' }, 'true or false'],
  [{ type: 'string' }, 'text'],
  [{ type: 'string', minLength: 1 }, 'text that is not empty'],
  [{ type: 'string', minLength: 1, maxLength: 9 }, 'text of 1 to 9 characters'],
  [{ type: 'string', enum: ['a', 'b'] }, 'one of a, b'],
  [{ type: 'string', enum: ['only'] }, 'only'],
  [{ type: 'array', items: {} }, 'a list'],
  [{ type: 'array', items: {}, maxItems: 3 }, 'a list of at most 3 entries'],
  [{ type: 'array', items: {}, minItems: 1, maxItems: 3 }, 'a list of 1 to 3 entries'],
  [{ type: 'object' }, 'a map'],
  [{ type: 'object', properties: { a: {}, b: {} } }, 'a map with the fields a, b'],
  [{ 'x-kubernetes-int-or-string': true }, "a Kubernetes quantity such as '500m', '2' or '1Gi'"],
])('%j is asked for as: %s', (node, expected) => {
  expect(expectation(node)).toBe(expected);
});
