import type { z } from 'zod';
import { expectation } from './expectation.ts';
import { valueAt, type Finding } from './problem.ts';
import { nodeAt, type FieldPath, type SchemaNode } from './schema-tree.ts';
import { closest, suggestField } from './suggestion.ts';

/** zod's issues, in the words of someone who writes YAML. */
export function findingsOf(issues: readonly z.core.$ZodIssue[], input: unknown): Finding[] {
  const seen = new Set<string>();
  return issues
    .flatMap((issue) => findingsOfIssue(issue, input))
    .filter(({ path, message }) => {
      const key = JSON.stringify([path, message]);
      return !seen.has(key) && seen.add(key);
    });
}

function findingsOfIssue(issue: z.core.$ZodIssue, input: unknown): Finding[] {
  const path = issue.path as FieldPath;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown field${suggestField(path, key)}`,
      }));
    case 'invalid_format':
    case 'custom':
      return [{ path, message: issue.message }];
    case 'invalid_key':
      return [{ path, message: 'must have a key of 1 to 317 characters' }];
    default: {
      const node = nodeAt(path);
      const message =
        node === undefined
          ? issue.message
          : `must be ${expectation(node)}${hint(node, valueAt(input, path))}`;
      return [{ path, message }];
    }
  }
}

/** The usual slips, where the value shows what was meant. */
function hint(node: SchemaNode, value: unknown): string {
  const isText = typeof value === 'string';
  if (node.enum !== undefined) {
    const meant = isText ? closest(value, node.enum) : undefined;
    return meant === undefined || node.enum.length === 1 ? '' : `; did you mean '${meant}'?`;
  }
  const isNumeric = node.type === 'integer' || node.type === 'number';
  if (isNumeric && isText && value.trim() !== '' && Number.isFinite(Number(value)))
    return '; remove the quotes';
  if (node.type === 'boolean' && (value === 'true' || value === 'false')) return '; remove the quotes';
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  if (node.type === 'string' && isScalar) return '; put quotes around it';
  return '';
}
