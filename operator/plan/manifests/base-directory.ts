import { posix } from 'node:path';
import type { ResolvedJob } from '../../../crds/job.ts';
import { PodPath } from './pod-paths.ts';

/** What relative paths of a job are relative to in a worker's container: where its program lies. */
export function podBaseDirectory({ spec }: ResolvedJob): string {
  return spec.program.configMap === undefined ? PodPath.image : PodPath.program;
}

/** Where a path of a job lies in a worker's container; absolute, without `.` and `..`. */
export function pathInPod(job: ResolvedJob, path: string): string {
  return posix.resolve(podBaseDirectory(job), path);
}

/** Whether `path` is `directory` or lies below it; both as `pathInPod` gives them. */
export function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}
