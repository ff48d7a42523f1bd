import type { SchemaNode } from './schema-tree.ts';

/** The default of a field; that of a block has the defaults of its fields in it. Undefined where there is none. */
export function filledDefault(node: SchemaNode | undefined): unknown {
  if (node?.default === undefined || node.properties === undefined) return node?.default;
  const entries = Object.entries(node.properties).map(
    ([name, child]) => [name, filledDefault(child)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
