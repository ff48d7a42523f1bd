import type { JobState } from '../../crds/status.ts';
import type { JobCount } from './job-metrics.ts';

interface CountedJob {
  readonly metadata: { readonly namespace?: string };
  readonly status?: { readonly state?: JobState | undefined };
}

/** Jobs by namespace and state. One without a status counts as pending. */
export function countJobs(jobs: readonly CountedJob[]): readonly JobCount[] {
  const counts = new Map<string, JobCount>();
  for (const { metadata, status } of jobs) {
    const namespace = metadata.namespace ?? '';
    const state = status?.state ?? 'Pending';
    const key = `${namespace}/${state}`;
    counts.set(key, { namespace, state, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}
