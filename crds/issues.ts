import type { z } from 'zod';
import { expectation } from './expectation.ts';
import type { Finding } from './problem.ts';
import { nodeAt, type FieldPath, type SchemaNode } from './schema-tree.ts';
import { closest, suggestField } from './suggestion.ts';
import { valueAt } from './values.ts';

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

/** Paths of JSON and YAML have no symbols. */
export function pathOf(issue: z.core.$ZodIssue): FieldPath {
  return issue.path.filter((segment) => typeof segment !== 'symbol');
}

function findingsOfIssue(issue: z.core.$ZodIssue, input: unknown): Finding[] {
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown field${suggestField(path, key)}`,
    }));
  }
  if (issue.code === 'invalid_key') return [{ path, message: 'must have a key of 1 to 317 characters' }];
  const node = nodeAt(path);
  // Patterns and own checks bring their words along; for the rest the schema says what is right.
  const isWorded = issue.code === 'invalid_format' || issue.code === 'custom' || node === undefined;
  if (isWorded) return [{ path, message: issue.message }];
  return [{ path, message: `must be ${expectation(node)}${hint(node, valueAt(input, path))}` }];
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
