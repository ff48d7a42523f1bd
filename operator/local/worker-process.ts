/** What to run for one worker. */
export interface WorkerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process; nothing is inherited besides. */
  readonly environment: Readonly<Record<string, string>>;
}

export type OutputStream = 'stdout' | 'stderr';

/** A worker that was started. Tests put their own in its place. */
export interface WorkerProcess {
  /** Resolves once it is gone and its last line was delivered; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Asks it to stop: SIGTERM. */
  terminate(): void;
  /** Ends it and all that it started, at once: SIGKILL. */
  kill(): void;
}

export interface ProcessEnd {
  /** 128 + signal number when a signal ended it, as shells and the kubelet have it. */
  readonly exitCode: number;
}

export type SpawnWorker = (
  command: WorkerCommand,
  onLine: (line: string, stream: OutputStream) => void,
) => WorkerProcess;
