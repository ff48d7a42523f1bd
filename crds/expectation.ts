import type { SchemaNode } from './schema-tree.ts';

/** This bound only keeps counts representable; nobody wants to read it. */
const LARGEST_COUNT = 2_147_483_647;

/** What a field takes, in words that follow "must be": `a whole number of at least 1`. */
export function expectation(node: SchemaNode): string {
  if (node['x-kubernetes-int-or-string'] === true)
    return "a Kubernetes quantity such as '500m', '2' or '1Gi'";
  if (node.enum !== undefined)
    return node.enum.length === 1 ? String(node.enum[0]) : `one of ${node.enum.join(', ')}`;
  if (node.type === undefined) return 'present';
  return wordsFor[node.type](node);
}

const wordsFor: Record<NonNullable<SchemaNode['type']>, (node: SchemaNode) => string> = {
  integer: (node) => `a whole number${bounds(node)}${multiple(node)}`,
  number: (node) => `a number${bounds(node)}`,
  boolean: () => 'true or false',
  string: (node) => `text${length(node)}`,
  array: (node) => `a list${items(node)}`,
  object: (node) => `a map${fields(node)}`,
};

function bounds(node: SchemaNode): string {
  const minimum = node.minimum;
  const maximum = node.maximum === LARGEST_COUNT ? undefined : node.maximum;
  const lower = node.exclusiveMinimum === true ? 'above' : 'of at least';
  const upper = node.exclusiveMaximum === true ? 'below' : 'of at most';
  if (minimum === undefined) return maximum === undefined ? '' : ` ${upper} ${maximum}`;
  if (maximum === undefined) return ` ${lower} ${minimum}`;
  const bothInclusive = node.exclusiveMinimum !== true && node.exclusiveMaximum !== true;
  return bothInclusive
    ? ` from ${minimum} to ${maximum}`
    : ` ${lower} ${minimum} and ${upper.replace('of ', '')} ${maximum}`;
}

function multiple(node: SchemaNode): string {
  return node.multipleOf === undefined ? '' : `, a multiple of ${node.multipleOf}`;
}

function length(node: SchemaNode): string {
  const nonEmpty = (node.minLength ?? 0) > 0;
  if (node.maxLength === undefined) return nonEmpty ? ' that is not empty' : '';
  return nonEmpty ? ` of 1 to ${node.maxLength} characters` : ` of at most ${node.maxLength} characters`;
}

function items(node: SchemaNode): string {
  if (node.minItems !== undefined) return ` of ${node.minItems} to ${node.maxItems} entries`;
  return node.maxItems === undefined ? '' : ` of at most ${node.maxItems} entries`;
}

function fields(node: SchemaNode): string {
  const names = Object.keys(node.properties ?? {});
  return names.length === 0 ? '' : ` with the fields ${names.join(', ')}`;
}
