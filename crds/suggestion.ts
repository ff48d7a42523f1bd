import { fieldsOf, formatPath, jobTree, nodeAt, type FieldPath } from './schema-tree.ts';

/** The closest of `candidates`, if it is close enough to be a slip of the keyboard. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * What the author of an unknown field may have meant: a field beside it with a similar name,
 * or one of that name elsewhere in the job. As text that follows "unknown field".
 */
export function suggestField(parent: FieldPath, key: string): string {
  const siblings = Object.keys(nodeAt(parent)?.properties ?? {});
  const sibling = closest(key, siblings);
  if (sibling !== undefined) return `; did you mean '${sibling}'?`;
  const elsewhere = fieldsOf(jobTree())
    .map((field) => field.path)
    .filter((path) => !path.includes('[]') && path.split('.').at(-1)?.toLowerCase() === key.toLowerCase());
  if (elsewhere.length > 0)
    return `; did you mean ${elsewhere
      .slice(0, 3)
      .map((path) => `'${path}'`)
      .join(' or ')}?`;
  const where = parent.length === 0 ? 'A job' : `'${formatPath(parent)}'`;
  return siblings.length === 0 ? '' : `; ${where} has ${siblings.join(', ')}`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = at(last, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let distance = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) distance = Math.min(distance, at(beforeLast, j - 2) + 1);
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
