import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { fieldsOf, formatPath, nodeAt, structuralSchema } from './schema-tree.ts';

describe('A structural schema', () => {
  test('says nothing of strictness or of the bounds of a JavaScript integer', () => {
    const schema = structuralSchema(z.strictObject({ count: z.int().optional() }));
    expect(schema).toEqual({ type: 'object', properties: { count: { type: 'integer' } } });
  });

  test('has a default for every field that may be left out, and requires the others', () => {
    const schema = structuralSchema(z.strictObject({ given: z.string(), filled: z.boolean().default(true) }));
    expect(schema.required).toEqual(['given']);
    expect(schema.properties?.['filled']).toEqual({ type: 'boolean', default: true });
  });

  test('names the one union it may have', () => {
    const quantity = z.union([z.string(), z.int()]).meta({ 'x-kubernetes-int-or-string': true });
    expect(structuralSchema(z.strictObject({ quantity })).properties?.['quantity']).toEqual({
      'x-kubernetes-int-or-string': true,
    });
  });
});

describe('The node of a field', () => {
  test.each([
    [['spec', 'training', 'batchSize'], 'integer'],
    [['spec', 'failurePolicy', 'rules', 7, 'exitCodes', 0], 'integer'],
    [['spec', 'workers', 'template', 'labels', 'any key'], 'string'],
    [['metadata', 'name'], 'string'],
  ])('at %j is of type %s', (path, type) => {
    expect(nodeAt(path)?.type).toBe(type);
  });

  test.each([
    [['spec', 'nope']],
    [['spec', 'training', 0]],
    [['spec', 'training', 'constructor']],
    [['x', 'y']],
  ])('at %j does not exist', (path) => {
    expect(nodeAt(path)).toBeUndefined();
  });
});

test('Fields are listed in the order of the schema, blocks before what is in them, entries of lists as []', () => {
  const schema = structuralSchema(
    z.strictObject({
      a: z.strictObject({ b: z.string() }),
      c: z.array(z.strictObject({ d: z.string() })).optional(),
    }),
  );
  const fields = fieldsOf(schema, 'spec').map(({ path, required }) => [path, required]);
  expect(fields).toEqual([
    ['spec.a', true],
    ['spec.a.b', true],
    ['spec.c', false],
    ['spec.c[].d', true],
  ]);
});

test.each([
  [[], ''],
  [['spec', 'training', 'steps'], 'spec.training.steps'],
  [['spec', 'rules', 0, 'action'], 'spec.rules[0].action'],
  [['metadata', 'labels', 'example.com/team'], "metadata.labels['example.com/team']"],
])('The path %j is written %s', (path, expected) => {
  expect(formatPath(path)).toBe(expected);
});
