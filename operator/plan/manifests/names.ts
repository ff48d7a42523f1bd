import { createHash } from 'node:crypto';
import type { WorkerIdentity } from '../worker-child.ts';

/** Services are named by DNS labels (RFC 1035); all else of ours may be longer. */
const MAX_LABEL_LENGTH = 63;
const HASH_LENGTH = 8;

/** A new attempt has a new name: a pod that lingers in Terminating never blocks its replacement. */
export function workerPodName(jobName: string, { rank, attempt }: WorkerIdentity): string {
  return `${jobName}-worker-${rank}-${attempt}`;
}

/** The same for every attempt, so that metrics and logs of a rank go on under one name. */
export function workerHostname(rank: number): string {
  return `worker-${rank}`;
}

/** @param block of ranks, see rank-secrets.ts */
export function rankSecretName(jobName: string, block: number): string {
  return `${jobName}-ranks-${block}`;
}

export function networkPolicyName(jobName: string): string {
  return jobName;
}

/** The headless Service that gives every worker a name. */
export function workersServiceName(jobName: string): string {
  return serviceName(jobName, '-workers');
}

/** The Service under which rank 0 is found. */
export function coordinatorServiceName(jobName: string): string {
  return serviceName(jobName, '-coordinator');
}

/** The name of a job that is too long is cut, and a hash of the whole keeps it apart from its neighbours. */
function serviceName(jobName: string, suffix: string): string {
  if (jobName.length + suffix.length <= MAX_LABEL_LENGTH) return jobName + suffix;
  const hash = createHash('sha256').update(jobName).digest('hex').slice(0, HASH_LENGTH);
  const kept = jobName.slice(0, MAX_LABEL_LENGTH - suffix.length - HASH_LENGTH - 1);
  return `${kept}-${hash}${suffix}`;
}
