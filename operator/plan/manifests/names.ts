import { createHash } from 'node:crypto';
import type { WorkerIdentity } from '../worker-child.ts';

/** Services are named by DNS labels (RFC 1035); all else of ours may be longer. */
const MAX_LABEL_LENGTH = 63;
const HASH_LENGTH = 8;
const COORDINATOR = '-coordinator';

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

/**
 * The Service under which rank 0 is found. The name of a job that is too long is cut, and a hash of the whole keeps it
 * apart from its neighbours.
 */
export function coordinatorServiceName(jobName: string): string {
  if (jobName.length + COORDINATOR.length <= MAX_LABEL_LENGTH) return jobName + COORDINATOR;
  const hash = createHash('sha256').update(jobName).digest('hex').slice(0, HASH_LENGTH);
  const kept = jobName.slice(0, MAX_LABEL_LENGTH - COORDINATOR.length - HASH_LENGTH - 1);
  return `${kept}-${hash}${COORDINATOR}`;
}
