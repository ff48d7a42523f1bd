import { InvalidJobError } from '../../../crds/invalid-job-error.ts';
import type { ResolvedJob } from '../../../crds/job.ts';
import type { Problem } from '../../../crds/problem.ts';
import { toProblem } from '../../../crds/problem.ts';
import { resolveJob } from '../../../crds/resolve.ts';
import { unsupportedFields } from '../../../crds/unsupported.ts';
import type { ClusterJob } from '../../plan/manifests/cluster-job.ts';
import { clusterJob } from '../../plan/manifests/cluster-job.ts';
import { storageProblems } from '../../plan/manifests/storage-problems.ts';
import type { JobObject } from './job-object.ts';

export type ReadJob =
  | { readonly kind: 'valid'; readonly job: ClusterJob }
  /** What is wrong with it, field by field, with remedies. */
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * The job in an API object, or why it is none that this version can run. The CRD's own rules refuse nearly all of this
 * before; what is left came in by an older CRD, asks for what is not done yet, or is right on one computer alone.
 */
export function readJob(object: JobObject): ReadJob {
  const { namespace, name } = object.metadata;
  let job: ResolvedJob;
  try {
    job = resolveJob(object, `${namespace ?? ''}/${name}`);
  } catch (error) {
    if (!(error instanceof InvalidJobError)) throw error;
    return { kind: 'invalid', message: inOneLine(error.problems) };
  }
  const problems = [...unsupportedFields(job), ...storageProblems(job).map((found) => toProblem(found, job))];
  return problems.length === 0
    ? { kind: 'valid', job: clusterJob(job) }
    : { kind: 'invalid', message: inOneLine(problems) };
}

function inOneLine(problems: readonly Problem[]): string {
  return problems
    .map(
      ({ path, value, message }) =>
        `${path} is ${value === undefined ? 'missing' : JSON.stringify(value)}: ${message}`,
    )
    .join('; ');
}
