import * as fc from 'fast-check';
import type { SchemaNode } from '../schema-tree.ts';

/** Longest generated list, map or text: bugs show in small ones. */
const SMALL = 2;

/** Any value that fits a node of the schema, by itself: rules between fields are not kept. */
export function arbitraryOf(node: SchemaNode): fc.Arbitrary<unknown> {
  if (node['x-kubernetes-int-or-string'] === true) return fc.constantFrom(1, '2', '500m', '1.5Gi');
  if (node['x-kubernetes-preserve-unknown-fields'] === true) return freeMap();
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  if (node.type === 'boolean') return fc.boolean();
  if (node.type === 'integer') return integer(node);
  if (node.type === 'number') return fc.double(range(node)).map((value) => value + 0);
  if (node.type === 'string') return text(node);
  if (node.type === 'array') return list(node);
  return node.additionalProperties === undefined ? block(node) : stringMap(node.additionalProperties);
}

function integer(node: SchemaNode): fc.Arbitrary<number> {
  const step = node.multipleOf ?? 1;
  const min = Math.ceil((node.minimum ?? 0) / step);
  const max = Math.floor((node.maximum ?? Number.MAX_SAFE_INTEGER) / step);
  return fc.integer({ min, max }).map((value) => value * step);
}

function range(node: SchemaNode): fc.DoubleConstraints {
  return {
    min: node.minimum ?? -1e6,
    max: node.maximum ?? 1e6,
    minExcluded: node.exclusiveMinimum ?? false,
    maxExcluded: node.exclusiveMaximum ?? false,
    noNaN: true,
    noDefaultInfinity: true,
  };
}

function text(node: SchemaNode): fc.Arbitrary<string> {
  const maxLength = node.maxLength ?? 64;
  if (node.pattern === undefined)
    return fc.string({
      minLength: node.minLength ?? 0,
      maxLength: Math.min(maxLength, 20),
      unit: 'grapheme',
    });
  return fc
    .stringMatching(new RegExp(node.pattern), { size: 'small' })
    .filter((value) => value.length <= maxLength);
}

function list(node: SchemaNode): fc.Arbitrary<unknown[]> {
  const length = { minLength: node.minItems ?? 0, maxLength: SMALL };
  const items = arbitraryOf(node.items ?? {});
  const [key] = node['x-kubernetes-list-map-keys'] ?? [];
  if (key !== undefined) return fc.uniqueArray(items, { ...length, selector: (item) => Object(item)[key] });
  return node['x-kubernetes-list-type'] === 'set' ? fc.uniqueArray(items, length) : fc.array(items, length);
}

function block(node: SchemaNode): fc.Arbitrary<unknown> {
  const fields = Object.entries(node.properties ?? {}).map(
    ([name, child]) => [name, arbitraryOf(child)] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: node.required ?? [], noNullPrototype: true });
}

function stringMap(values: SchemaNode): fc.Arbitrary<unknown> {
  return fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }).filter(isPlainKey), arbitraryOf(values), {
    maxKeys: SMALL,
    noNullPrototype: true,
  });
}

/** Everything that YAML can carry and JSON too. */
function freeMap(): fc.Arbitrary<unknown> {
  const value = fc.jsonValue().map((json) => JSON.parse(JSON.stringify(json)) as unknown);
  return fc.dictionary(fc.string({ maxLength: 20 }).filter(isPlainKey), value, {
    maxKeys: SMALL,
    noNullPrototype: true,
  });
}

function isPlainKey(key: string): boolean {
  return key !== '__proto__';
}
