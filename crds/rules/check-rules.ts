import type { JobSpec } from '../job.ts';
import type { FieldPath } from '../schema-tree.ts';
import { isList, isMap } from '../values.ts';
import { rules } from './index.ts';

export interface BrokenRule {
  readonly path: FieldPath;
  readonly message: string;
  /** Every field the rule looked at. */
  readonly reads: readonly FieldPath[];
}

/** The rules between fields that `spec` breaks, in the order of the table. */
export function brokenRules(spec: JobSpec): BrokenRule[] {
  const broken: BrokenRule[] = [];
  for (const { at, field, message, reads, holds } of rules) {
    for (const { path, value } of valuesAt({ spec }, at)) {
      // `Places` says for each `at` what stands there; the loop over the table has lost that tie.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      if (holds(value as never)) continue;
      const below = (name: string): FieldPath => [...path, ...segmentsOf(name)];
      broken.push({ path: below(field), message, reads: reads.map(below) });
    }
  }
  return broken;
}

interface Found {
  readonly path: FieldPath;
  readonly value: unknown;
}

/** What stands at a place: nothing, one value, or one per item of a list. */
function valuesAt(root: unknown, place: string): Found[] {
  let found: Found[] = [{ path: [], value: root }];
  for (const segment of segmentsOf(place)) {
    const name = segment.replace('[]', '');
    found = found.flatMap(({ path, value }) =>
      isMap(value) && value[name] !== undefined ? [{ path: [...path, name], value: value[name] }] : [],
    );
    if (segment.endsWith('[]')) found = found.flatMap(itemsOf);
  }
  return found;
}

function segmentsOf(path: string): string[] {
  return path === '' ? [] : path.split('.');
}

function itemsOf({ path, value }: Found): Found[] {
  return isList(value) ? value.map((item, index) => ({ path: [...path, index], value: item })) : [];
}
