import type { Finding } from './problem.ts';
import { jobTree, type FieldPath, type SchemaNode } from './schema-tree.ts';
import { isMap, valueAt } from './values.ts';

/** Items that stand twice in a list that the API server treats as a set, or as a map by one of its fields. */
export function duplicateItems(
  value: unknown,
  node: SchemaNode = jobTree(),
  path: FieldPath = [],
): Finding[] {
  if (Array.isArray(value) && node.items !== undefined) {
    const items = node.items;
    return [
      ...duplicatesIn(value, node, path),
      ...value.flatMap((item, index) => duplicateItems(item, items, [...path, index])),
    ];
  }
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const childNode = node.properties?.[name];
    return childNode === undefined ? [] : duplicateItems(child, childNode, [...path, name]);
  });
}

function duplicatesIn(list: readonly unknown[], node: SchemaNode, path: FieldPath): Finding[] {
  const keyField = node['x-kubernetes-list-map-keys']?.[0];
  if (node['x-kubernetes-list-type'] !== 'set' && keyField === undefined) return [];
  const seen = new Set<unknown>();
  const findings: Finding[] = [];
  for (const [index, item] of list.entries()) {
    const key = keyField === undefined ? item : valueAt(item, [keyField]);
    const at = keyField === undefined ? [...path, index] : [...path, index, keyField];
    if (key !== undefined && seen.has(key))
      findings.push({ path: at, message: 'stands in the list already' });
    seen.add(key);
  }
  return findings;
}
