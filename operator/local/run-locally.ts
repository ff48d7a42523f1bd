import { join } from 'node:path';
import type { ResolvedJob } from '../../crds/job.ts';
import type { JobProgress } from '../plan/progress.ts';
import { carryOut } from './carry-out.ts';
import { issueRunCertificates } from './certificates.ts';
import { clusterOnlyNote } from './cluster-fields.ts';
import { spawnChildProcess } from './child-process.ts';
import type { ControlSocket, ScaleRun } from './control/control-socket.ts';
import { openControlSocket } from './control/control-socket.ts';
import { CONTROL_SOCKET } from './control/messages.ts';
import { workerEnvironment } from './environment.ts';
import { LOOPBACK, portForRank0 } from './free-port.ts';
import type { JobFolder } from './job-folder.ts';
import { createJobFolder } from './job-folder.ts';
import { onProcessExit } from './last-resort.ts';
import { resized } from './job-size.ts';
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
  /** Time between the request to stop and SIGKILL. Default 10 000; with checkpoints 60 000, as rank 0 saves before it goes. */
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
  let wanted = resolved;
  const scale: ScaleRun = async (replicas) => {
    const before = wanted.spec.workers.replicas;
    const next = resized(wanted, replicas);
    await folder.rewriteJob(next);
    wanted = next;
    wakeup.ring();
    return { before, now: replicas };
  };
  let control: ControlSocket | undefined;
  let progress: JobProgress | undefined;
  let connection: ProgressConnection | undefined;
  let polled: Promise<void> | undefined;
  try {
    observer.onFolder?.(folder.path);
    control = await openControl(resolved, folder, scale);
    const credentials = resolved.spec.tls.enabled
      ? await issueRunCertificates(resolved, folder, clock())
      : undefined;
    connection = options.connect({ job: resolved, address: `${LOOPBACK}:${port}`, credentials });
    polled = pollProgress(
      {
        ask: connection.ask,
        request: () => ({ wantedSize: wanted.spec.workers.replicas, attempts: workers.attempts }),
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
      job: () => wanted,
      workers,
      progress: () => progress,
      observer,
      signals,
      clock,
      wakeup,
    });
    return finishedRun(status, workers.children, wanted.spec);
  } finally {
    workers.killAll();
    polling.abort();
    await control?.close();
    await workers.allGone();
    await polled;
    connection?.close();
    removeFolder();
    forget();
  }
}

function defaultGraceMs({ spec }: LocalJob): number {
  return spec.checkpoint === undefined ? 10_000 : 60_000;
}

/** A job of a fixed size has nothing to be asked for. */
async function openControl(
  { spec }: LocalJob,
  { path }: JobFolder,
  scale: ScaleRun,
): Promise<ControlSocket | undefined> {
  return spec.workers.elastic === undefined
    ? undefined
    : openControlSocket(join(path, CONTROL_SOCKET), scale);
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
    graceMs: options.graceMs ?? defaultGraceMs(job),
    clock,
    onLine: ({ rank }, line) => observer.onLine?.(rank, line),
    onChange: () => wakeup.ring(),
  });
}
