import { formatPath, type FieldPath } from './schema-tree.ts';

/** One thing that is wrong with a job, said so that its author can act on it. */
export interface Problem {
  /** Field path: `spec.training.batchSize`, `spec.failurePolicy.rules[0].action`. Empty for the whole file. */
  readonly path: string;
  /** What stands there; undefined when something is missing. */
  readonly value: unknown;
  /** What would be right. */
  readonly message: string;
  /** 1-based position in the file, where there is one. */
  readonly line?: number;
  readonly column?: number;
}

/** The same before it is formatted: positions are looked up by the segments of the path. */
export interface Finding {
  readonly path: FieldPath;
  readonly message: string;
}

export function toProblem(finding: Finding, root: unknown): Problem {
  return { path: formatPath(finding.path), value: valueAt(root, finding.path), message: finding.message };
}

/** The value at `path` in parsed YAML or JSON; undefined where there is none. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}
