import { formatPath, type FieldPath } from './schema-tree.ts';
import { valueAt } from './values.ts';

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
