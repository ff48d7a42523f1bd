import { WorkerEnvironment } from '../../crds/worker-environment.ts';
import { nativeEnvironment } from '../../trainer/compute/native-environment.ts';
import type { WorkerIdentity } from '../plan/worker-child.ts';
import { LOOPBACK } from './free-port.ts';
import type { JobFolder } from './job-folder.ts';
import type { LocalJob } from './local-job.ts';

export interface EnvironmentFacts {
  readonly job: LocalJob;
  readonly folder: JobFolder;
  readonly coordinatorPort: number;
  readonly baseDirectory: string;
  readonly logLevel: string;
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** The environment of one worker: ours without any TERNGRAD_ variable, plus its identity. */
export function workerEnvironment(facts: EnvironmentFacts, worker: WorkerIdentity): Record<string, string> {
  const { job, folder, coordinatorPort, baseDirectory, logLevel, inherited } = facts;
  const { rank, attempt } = worker;
  const names = WorkerEnvironment;
  return {
    ...withoutOurs(inherited),
    ...nativeEnvironment(job.spec.workers.threads, inherited),
    ...literalVariables(job),
    [names.jobFile]: folder.jobFile,
    [names.jobName]: job.metadata.name,
    [names.jobNamespace]: job.metadata.namespace,
    [names.jobUid]: job.metadata.uid,
    [names.rank]: String(rank),
    [names.attempt]: String(attempt),
    [names.coordinatorAddress]: `${LOOPBACK}:${coordinatorPort}`,
    [names.advertiseHost]: LOOPBACK,
    [names.listenAddress]: `${LOOPBACK}:${rank === 0 ? coordinatorPort : 0}`,
    [names.httpAddress]: `${LOOPBACK}:0`,
    ...(job.spec.tls.enabled && { [names.certificateDirectory]: folder.rankDirectory(rank) }),
    [names.terminationMessageFile]: folder.terminationMessageFile(rank, attempt),
    [names.baseDirectory]: baseDirectory,
    [names.logLevel]: logLevel,
    // See child-process.ts. Not set on a cluster, where the kubelet ends what is orphaned.
    [names.parentPipe]: 'stdin',
  };
}

/** A program may read them, so they count here too. Values from Secrets are taken from our own environment. */
function literalVariables({ spec }: LocalJob): Record<string, string> {
  const env = spec.workers.template?.env ?? [];
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

function withoutOurs(inherited: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(inherited).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('TERNGRAD_'),
  );
  return Object.fromEntries(entries);
}
