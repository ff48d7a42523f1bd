import { API_GROUP } from '../../../crds/job.ts';
import type { WorkerIdentity } from '../worker-child.ts';
import type { ClusterJob } from './cluster-job.ts';

/** The keys by which children are found and told apart. Values are at most 63 characters. */
export const Label = {
  name: 'app.kubernetes.io/name',
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  jobName: `${API_GROUP}/job-name`,
  /** What selectors use: a job of the same name that came later has another one. */
  jobUid: `${API_GROUP}/job-uid`,
  rank: `${API_GROUP}/rank`,
  attempt: `${API_GROUP}/attempt`,
} as const;

/** Restricts lists and watches to our children. */
export const CHILD_LABELS = {
  [Label.name]: 'terngrad-job',
  [Label.managedBy]: 'terngrad-operator',
} as const;

/** On every child of a job. */
export function jobLabels({ metadata }: ClusterJob): Record<string, string> {
  return { ...CHILD_LABELS, [Label.jobName]: metadata.name, [Label.jobUid]: metadata.uid };
}

/** On the pod of one attempt of a rank. */
export function workerLabels(job: ClusterJob, { rank, attempt }: WorkerIdentity): Record<string, string> {
  return {
    ...jobLabels(job),
    [Label.component]: 'worker',
    [Label.rank]: String(rank),
    [Label.attempt]: String(attempt),
  };
}

/** Selects the pods of a job, as `kubectl get -l` and the scale subresource take it. */
export function workerSelector(jobUid: string): string {
  return `${Label.jobUid}=${jobUid}`;
}

const NUMBER = /^(?:0|[1-9][0-9]{0,8})$/;

/** Which worker a pod is; `undefined` when the labels do not say, as on a pod that is not ours. */
export function workerOf(labels: Readonly<Record<string, string>> | undefined): WorkerIdentity | undefined {
  const rank = labels?.[Label.rank] ?? '';
  const attempt = labels?.[Label.attempt] ?? '';
  if (!NUMBER.test(rank) || !NUMBER.test(attempt) || attempt === '0') return undefined;
  return { rank: Number(rank), attempt: Number(attempt) };
}
