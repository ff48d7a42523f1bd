import type { PodTemplate } from '../../../crds/pod-template.ts';
import { WorkerEnvironment } from '../../../crds/worker-environment.ts';
import { nativeEnvironment } from '../../../trainer/compute/native-environment.ts';
import type { WorkerIdentity } from '../worker-child.ts';
import { podBaseDirectory } from './base-directory.ts';
import type { ClusterJob } from './cluster-job.ts';
import { NO_GPU_VARIABLE, usesGpus } from './gpus.ts';
import { coordinatorServiceName } from './names.ts';
import { PodPath } from './pod-paths.ts';
import { GRPC_PORT, HTTP_PORT } from './ports.ts';
import { SecretFile } from './rank-secrets.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Readonly<Record<string, unknown>>;
}

const OURS = /^(?:TERNGRAD_|NVIDIA_)/;

/**
 * The environment of one worker: its identity, which nobody else may set; then what tunes the compute library, which
 * the user may; then the user's own.
 */
export function workerEnvironment(
  job: ClusterJob,
  worker: WorkerIdentity,
  logLevel: string,
): readonly Variable[] {
  const users = usersVariables(job.spec.workers.template?.env);
  const taken = new Set(users.map(({ name }) => name));
  return [
    ...identityVariables(job, worker, logLevel),
    ...(usesGpus(job.spec.workers) ? [] : [NO_GPU_VARIABLE]),
    ...defaultVariables(job.spec.workers.threads).filter(({ name }) => !taken.has(name)),
    ...users,
  ];
}

function identityVariables(job: ClusterJob, worker: WorkerIdentity, logLevel: string): readonly Variable[] {
  const { metadata, spec } = job;
  const names = WorkerEnvironment;
  const literal: readonly (readonly [string, string])[] = [
    [names.jobFile, `${PodPath.rank}/${SecretFile.job}`],
    [names.jobName, metadata.name],
    [names.jobNamespace, metadata.namespace],
    [names.jobUid, metadata.uid],
    [names.rank, String(worker.rank)],
    [names.attempt, String(worker.attempt)],
    // The first entry of the pod's search list completes it: one DNS question, no guess at the cluster's domain.
    [names.coordinatorAddress, `${coordinatorServiceName(metadata.name)}:${GRPC_PORT.number}`],
    [names.listenAddress, `*:${GRPC_PORT.number}`],
    [names.httpAddress, `*:${HTTP_PORT.number}`],
    ...(spec.tls.enabled ? [[names.certificateDirectory, PodPath.rank] as const] : []),
    [names.terminationMessageFile, PodPath.terminationMessage],
    [names.baseDirectory, podBaseDirectory(job)],
    [names.logLevel, logLevel],
  ];
  return [
    ...literal.map(([name, value]) => ({ name, value })),
    { name: names.advertiseHost, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
  ];
}

function defaultVariables(threads: number): readonly Variable[] {
  const native = Object.entries(nativeEnvironment(threads, {})).map(([name, value]) => ({ name, value }));
  // The user id has no entry in the image's passwd, and its home could not be written.
  return [...native, { name: 'HOME', value: PodPath.temporary }];
}

/** The schema's rules refuse names of ours; should one come through, it must not reach the pod. */
function usersVariables(env: PodTemplate['env'] = []): readonly Variable[] {
  return env
    .filter(({ name }) => !OURS.test(name))
    .map(({ name, value, valueFrom }) =>
      valueFrom === undefined
        ? { name, value: unexpanded(value ?? '') }
        : { name, valueFrom: { secretKeyRef: valueFrom.secretKeyRef } },
    );
}

/** The kubelet replaces `$(NAME)`; a doubled dollar stands for itself. Values of a job are literal. */
function unexpanded(value: string): string {
  return value.replaceAll('$', () => '$$');
}
