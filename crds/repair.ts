import type { z } from 'zod';
import { pathOf } from './issues.ts';
import { nodeAt, type FieldPath } from './schema-tree.ts';
import { isList, isMap, valueAt } from './values.ts';

/**
 * Takes out what zod refused, so that the rules between the *other* fields can still be checked and an author
 * sees all problems at once. Defaults fill the holes; a missing block becomes an empty one.
 */
export function withoutOffenders(input: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const repaired = structuredClone(input);
  for (const issue of issues) {
    const path = pathOf(issue);
    const offenders = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    for (const offender of offenders) takeOut(repaired, offender);
  }
  return repaired;
}

function takeOut(root: unknown, path: FieldPath): void {
  const last = path.at(-1);
  const parent = valueAt(root, path.slice(0, -1));
  // Items keep their indexes only if the whole list goes.
  if (isList(parent)) return takeOut(root, path.slice(0, -1));
  if (last === undefined || !isMap(parent)) return;
  if (Object.hasOwn(parent, last)) {
    delete parent[last];
  } else if (nodeAt(path)?.type === 'object') {
    parent[last] = {};
  } else if (path.length > 2) {
    // A required scalar is missing: its block cannot be judged.
    takeOut(root, path.slice(0, -1));
  }
}
