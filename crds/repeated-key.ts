import { isCollection, isMap, isPair, isScalar, visit, type Document, type Pair } from 'yaml';
import type { FieldPath } from './schema-tree.ts';

export interface RepeatedKey {
  readonly path: FieldPath;
  /** What stands at the second key, if it is a scalar. */
  readonly value: unknown;
  /** Where the key stands for the first time, in characters from the start of the file. */
  readonly firstOffset: number;
}

/** The key that starts at `offset`, which its map has already had. */
export function repeatedKeyAt(document: Document, offset: number): RepeatedKey | undefined {
  let found: RepeatedKey | undefined;
  visit(document, {
    Pair(_index, pair, ancestors) {
      if (offsetOf(pair) !== offset) return undefined;
      const map = ancestors.at(-1);
      const first = isMap(map) ? map.items.find((other) => nameOf(other) === nameOf(pair)) : undefined;
      found = {
        path: [...ancestors.flatMap(segmentBelow), nameOf(pair)],
        value: isScalar(pair.value) ? pair.value.value : undefined,
        firstOffset: (first && offsetOf(first)) ?? offset,
      };
      return visit.BREAK;
    },
  });
  return found;
}

/** What an ancestor of a node adds to its path: a key, an index, or nothing (the pairs of a map do that). */
function segmentBelow(ancestor: unknown, index: number, ancestors: readonly unknown[]): FieldPath {
  if (isPair(ancestor)) return [nameOf(ancestor)];
  const parent = ancestors[index - 1];
  return isCollection(parent) && !isMap(parent) ? [parent.items.indexOf(ancestor)] : [];
}

function nameOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

function offsetOf(pair: Pair): number | undefined {
  return isScalar(pair.key) ? pair.key.range?.[0] : undefined;
}
