import type { FieldPath } from './schema-tree.ts';

/** A map of parsed YAML or JSON: anything with keys that is not a list. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

/** The value at `path`; undefined where there is none. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const segment of path) {
    if (isList(value) && typeof segment === 'number') value = value[segment];
    else if (isMap(value) && Object.hasOwn(value, segment)) value = value[segment];
    else return undefined;
  }
  return value;
}
