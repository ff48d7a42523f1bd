import { expect, test } from '@jest/globals';
import { duplicateItems, UNIQUE_LISTS, type UniqueList } from './duplicates.ts';
import { jobTree, type SchemaNode } from './schema-tree.ts';

test('the lists without duplicates are just the sets and maps of the schema', () => {
  expect(byPath(UNIQUE_LISTS)).toEqual(byPath(uniqueListsOf(jobTree(), [])));
});

test('an item that differs in nothing, or not in its key, stands in the list already', () => {
  const job = {
    spec: {
      training: { learningRate: { boundaries: [10, 20, 10] } },
      workers: { template: { env: [{ name: 'A', value: '1' }, { name: 'B' }, { name: 'A', value: '2' }] } },
      failurePolicy: { rules: [{ exitCodes: [1, 2] }, { exitCodes: [2, 2] }] },
    },
  };
  expect(duplicateItems(job).map(({ path }) => path.join('.'))).toEqual([
    'spec.workers.template.env.2.name',
    'spec.training.learningRate.boundaries.2',
    'spec.failurePolicy.rules.1.exitCodes.1',
  ]);
});

test.each([
  ['nothing', undefined],
  ['no lists', { spec: { workers: { replicas: 1 } } }],
  ['something else in the place of a list', { spec: { training: { learningRate: { boundaries: 'all' } } } }],
  ['something else in the place of items', { spec: { failurePolicy: { rules: [null, 1] } } }],
  ['items without their key', { spec: { workers: { template: { env: [{}, {}, 1, 1] } } } }],
])('%s has no duplicates', (_what, job) => {
  expect(duplicateItems(job)).toEqual([]);
});

function uniqueListsOf(node: SchemaNode, path: readonly string[]): readonly UniqueList[] {
  const keyField = node['x-kubernetes-list-map-keys']?.[0];
  const isUnique = node['x-kubernetes-list-type'] === 'set' || keyField !== undefined;
  return [
    ...(isUnique ? [{ path, ...(keyField !== undefined && { keyField }) }] : []),
    ...(node.items === undefined ? [] : uniqueListsOf(node.items, [...path, '[]'])),
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
      uniqueListsOf(child, [...path, name]),
    ),
  ];
}

function byPath(lists: readonly UniqueList[]): readonly UniqueList[] {
  return lists.toSorted((a, b) => a.path.join('.').localeCompare(b.path.join('.')));
}
