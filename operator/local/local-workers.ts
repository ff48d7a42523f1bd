import { ExitCode } from '../../crds/exit-codes.ts';
import type { TerminationMessage } from '../../crds/termination-message.ts';
import type { WorkerChild, WorkerIdentity } from '../plan/worker-child.ts';
import { isLive, newestAttempts } from '../plan/worker-child.ts';
import type { SpawnWorker, WorkerCommand, WorkerProcess } from './worker-process.ts';

export interface LocalWorkersOptions {
  readonly spawn: SpawnWorker;
  readonly commandOf: (worker: WorkerIdentity) => WorkerCommand;
  readonly readMessage: (worker: WorkerIdentity) => Promise<TerminationMessage | undefined>;
  /** How long a worker that was asked to stop may take before it is killed. */
  readonly graceMs: number;
  readonly clock: () => Date;
  readonly onLine: (worker: WorkerIdentity, line: string) => void;
  /** Called whenever `children` has changed. */
  readonly onChange: () => void;
}

interface Entry {
  /** The process has ended; its last words may still be on their way. */
  isOver: boolean;
  child: WorkerChild;
  readonly process: WorkerProcess;
  readonly gone: Promise<void>;
  killTimer?: NodeJS.Timeout;
}

/** The worker processes of one run: started, asked to stop, killed, and seen as the plan sees them. */
export class LocalWorkers {
  private readonly entries = new Map<string, Entry>();
  private readonly options: LocalWorkersOptions;

  constructor(options: LocalWorkersOptions) {
    this.options = options;
  }

  get children(): readonly WorkerChild[] {
    return [...this.entries.values()].map(({ child }) => child);
  }

  /** The newest attempt of each rank. */
  get attempts(): readonly WorkerIdentity[] {
    return [...newestAttempts(this.children).values()].map(({ rank, attempt }) => ({ rank, attempt }));
  }

  /** The first worker that ended as one that was asked to stop, and not by us. */
  get stoppedByOthers(): WorkerChild | undefined {
    return [...this.entries.values()].find(
      ({ child, killTimer }) => child.exitCode === ExitCode.stopped && killTimer === undefined,
    )?.child;
  }

  /**
   * Starts one attempt of a rank, once. Not while an older attempt still runs, whose port it may need: the plan asks
   * again when that one has ended.
   */
  start(worker: WorkerIdentity): void {
    const key = keyOf(worker);
    if (this.entries.has(key) || this.isRunning(worker.rank)) return;
    const { spawn, commandOf, onLine, onChange, clock } = this.options;
    const process = spawn(commandOf(worker), (line) => onLine(worker, line));
    const startedAt = clock();
    const child: WorkerChild = {
      uid: key,
      rank: worker.rank,
      attempt: worker.attempt,
      phase: 'running',
      // A process does not say so; the report of rank 0 does.
      ready: false,
      disrupted: false,
      conditions: [],
      deleting: false,
      createdAt: startedAt,
      startedAt,
    };
    this.entries.set(key, { child, process, isOver: false, gone: this.follow(key, process) });
    onChange();
  }

  /** Asks a worker to stop, and kills it when the grace has passed. Asking again changes nothing. */
  stop(worker: WorkerIdentity): void {
    const entry = this.entries.get(keyOf(worker));
    if (entry === undefined || entry.isOver || entry.killTimer !== undefined) return;
    entry.process.terminate();
    // Should its rank be wanted again meanwhile, another process is to take it.
    entry.child = { ...entry.child, deleting: true };
    entry.killTimer = setTimeout(() => entry.process.kill(), this.options.graceMs);
  }

  /** Ends a worker at once: it does not answer, so there is no use in asking. Also a process that was frozen. */
  kill(worker: WorkerIdentity): void {
    const entry = this.entries.get(keyOf(worker));
    if (entry !== undefined && !entry.isOver) entry.process.kill();
  }

  /** Ends every worker at once. */
  killAll(): void {
    for (const { process, isOver } of this.entries.values()) if (!isOver) process.kill();
  }

  /** Resolves when no process is left. */
  async allGone(): Promise<void> {
    await Promise.all([...this.entries.values()].map(({ gone }) => gone));
  }

  private isRunning(rank: number): boolean {
    return [...this.entries.values()].some(({ child }) => child.rank === rank && isLive(child));
  }

  private async follow(key: string, process: WorkerProcess): Promise<void> {
    const { exitCode } = await process.ended;
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    // From here on its process group may be somebody else's: nothing is signalled any more.
    entry.isOver = true;
    clearTimeout(entry.killTimer);
    const finishedAt = this.options.clock();
    const message = await this.options.readMessage(entry.child);
    entry.child = {
      ...entry.child,
      phase: exitCode === 0 ? 'succeeded' : 'failed',
      exitCode,
      finishedAt,
      ...(message !== undefined && { message }),
    };
    this.options.onChange();
  }
}

function keyOf({ rank, attempt }: WorkerIdentity): string {
  return `${rank}/${attempt}`;
}
