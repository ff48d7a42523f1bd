import { isMap, isNode, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';
import type { FieldPath } from './schema-tree.ts';

export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

/**
 * Where an author has to look for the field at `path`: its value if that is a scalar, its key if the value is a
 * block or the field is unknown, and the nearest block around it if it is missing.
 */
export function positionOf(
  document: Document,
  lines: LineCounter,
  path: FieldPath,
  atKey: boolean,
): Position {
  let node: unknown = document.contents;
  let nearest = startOf(node) ?? 0;
  for (const [depth, segment] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(segment),
      );
      if (pair === undefined) break;
      nearest = startOf(pair.key) ?? nearest;
      node = pair.value;
      if (isLast && isScalar(node) && node.value !== null && !atKey) nearest = startOf(node) ?? nearest;
    } else if (isSeq(node) && typeof segment === 'number') {
      node = node.items[segment];
      nearest = startOf(node) ?? nearest;
    } else {
      break;
    }
  }
  return positionAt(lines, nearest);
}

export function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? ((node as Node).range?.[0] ?? undefined) : undefined;
}
