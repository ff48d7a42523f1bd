import { filledDefault } from './defaults.ts';
import type { ResolvedJob } from './job.ts';
import { toProblem, type Finding, type Problem } from './problem.ts';
import { nodeAt } from './schema-tree.ts';
import { valueAt } from './values.ts';

/**
 * Fields that the schema has but this version does not carry out. Delete the row when the feature lands.
 * A value equal to the default always passes, so a file may spell defaults out.
 */
export const notYet: readonly {
  readonly path: string;
  readonly instead: string;
}[] = [{ path: 'gang', instead: 'leave it out' }];

/** What `job` asks for that does not work yet. Empty: the job can be run as it is. */
export function unsupportedFields(job: ResolvedJob): Problem[] {
  return unsupportedFindings(job).map((finding) => toProblem(finding, job));
}

/** The same by path segments, for who knows the file and can give positions. */
export function unsupportedFindings(job: ResolvedJob): Finding[] {
  return notYet
    .map(({ path, instead }) => ({ path: ['spec', ...path.split('.')], instead }))
    .filter(({ path }) => {
      const value = valueAt(job, path);
      return value !== undefined && !isEqual(value, filledDefault(nodeAt(path)));
    })
    .map(({ path, instead }) => ({ path, message: `not supported yet; ${instead}` }));
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
