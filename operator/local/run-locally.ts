import type { ResolvedJob } from '../../crds/job.ts';
import type { JobProgress } from '../plan/progress.ts';
import { carryOut } from './carry-out.ts';
import { issueRunCertificates } from './certificates.ts';
import { clusterOnlyNote } from './cluster-fields.ts';
import { spawnChildProcess } from './child-process.ts';
import { workerEnvironment } from './environment.ts';
import { LOOPBACK, portForRank0 } from './free-port.ts';
import type { JobFolder } from './job-folder.ts';
import { createJobFolder } from './job-folder.ts';
import { onProcessExit } from './last-resort.ts';
import type { LocalJob } from './local-job.ts';
import { localJob, localUid } from './local-job.ts';
import { LocalWorkers } from './local-workers.ts';
import type { ConnectProgress, ProgressConnection } from './progress-connection.ts';
import { pollProgress } from './progress-poller.ts';
import type { RunObserver, RunSignals } from './run-observer.ts';
import type { FinishedRun } from './run-result.ts';
import { finishedRun } from './run-result.ts';
import { readTerminationMessage } from './termination-file.ts';
import { Wakeup } from './wakeup.ts';
import type { SpawnWorker } from './worker-process.ts';

export interface LocalRunOptions {
  /** Node.js arguments that run one worker: `['dist/worker.js']`. */
  readonly workerArguments: readonly string[];
  /** Against which `program.path` and `data.path` are resolved: the directory of the job file. */
  readonly baseDirectory: string;
  /** Port of rank 0. Default: a free one. */
  readonly port?: number | undefined;
  readonly logLevel: string;
  /** Leave job.json, certificates and termination messages behind for a look at them. Default false. */
  readonly keepFolder?: boolean;
  /** Time between the request to stop and SIGKILL. Default 10 000. */
  readonly graceMs?: number;
  /** Default 500. */
  readonly pollIntervalMs?: number;
  readonly connect: ConnectProgress;
  /** Default: child processes. */
  readonly spawn?: SpawnWorker;
  readonly clock?: () => Date;
}

const POLL_TIMEOUT_MS = 2_000;

/**
 * Carries the plan of one job out with processes on this computer, until it is terminal and no process is left.
 * Whatever happens, also an error of our own, no process and no temporary folder outlives the call.
 * @throws PortTakenError and SuspendedJobError before anything is started.
 */
export async function runLocally(
  job: ResolvedJob,
  options: LocalRunOptions,
  observer: RunObserver,
  signals: RunSignals,
): Promise<FinishedRun> {
  const clock = options.clock ?? (() => new Date());
  const note = clusterOnlyNote(job);
  if (note !== undefined) observer.onEvent?.({ type: 'Normal', reason: 'ClusterOnlyFields', message: note });
  const port = await portForRank0(options.port);
  const resolved = localJob(job, await localUid(job, options.baseDirectory));
  const folder = await createJobFolder(resolved);
  const wakeup = new Wakeup();
  const workers = localWorkers(resolved, folder, port, options, observer, clock, wakeup);
  const removeFolder = (): void => {
    if (options.keepFolder !== true) folder.remove();
  };
  const forget = onProcessExit(() => {
    workers.killAll();
    removeFolder();
  });
  const polling = new AbortController();
  let progress: JobProgress | undefined;
  let connection: ProgressConnection | undefined;
  let polled: Promise<void> | undefined;
  try {
    observer.onFolder?.(folder.path);
    const credentials = resolved.spec.tls.enabled
      ? await issueRunCertificates(resolved, folder, clock())
      : undefined;
    connection = options.connect({ job: resolved, address: `${LOOPBACK}:${port}`, credentials });
    polled = pollProgress(
      {
        ask: connection.ask,
        request: () => ({ wantedSize: job.spec.workers.replicas, attempts: workers.attempts }),
        intervalMs: options.pollIntervalMs ?? 500,
        timeoutMs: POLL_TIMEOUT_MS,
        clock,
        onProgress: (next) => {
          progress = next;
          wakeup.ring();
        },
      },
      polling.signal,
    );
    const status = await carryOut({
      job: resolved,
      workers,
      progress: () => progress,
      observer,
      signals,
      clock,
      wakeup,
    });
    return finishedRun(status, workers.children, job.spec.workers.replicas);
  } finally {
    workers.killAll();
    polling.abort();
    await workers.allGone();
    await polled;
    connection?.close();
    removeFolder();
    forget();
  }
}

function localWorkers(
  job: LocalJob,
  folder: JobFolder,
  coordinatorPort: number,
  options: LocalRunOptions,
  observer: RunObserver,
  clock: () => Date,
  wakeup: Wakeup,
): LocalWorkers {
  const { workerArguments, baseDirectory, logLevel } = options;
  const facts = { job, folder, coordinatorPort, baseDirectory, logLevel, inherited: process.env };
  return new LocalWorkers({
    spawn: options.spawn ?? spawnChildProcess,
    commandOf: (worker) => ({
      command: process.execPath,
      args: workerArguments,
      environment: workerEnvironment(facts, worker),
    }),
    readMessage: ({ rank, attempt }) => readTerminationMessage(folder.terminationMessageFile(rank, attempt)),
    graceMs: options.graceMs ?? 10_000,
    clock,
    onLine: ({ rank }, line) => observer.onLine?.(rank, line),
    onChange: () => wakeup.ring(),
  });
}
