import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ExitCode } from '../../crds/exit-codes.ts';
import { createLineSplitter } from './line-splitter.ts';
import type { OutputStream, ProcessEnd, SpawnWorker } from './worker-process.ts';

/** How long output may still arrive after the process is gone (something it started may hold the pipe open). */
const OUTPUT_DRAIN_MS = 500;

/**
 * A worker as a child process.
 *
 * It leads a process group of its own: Ctrl-C in a terminal reaches only us, and we pass it on in order; and killing
 * the group leaves nothing that the worker started. Its stdin is a pipe that nobody writes to: when it ends, the
 * worker knows that we are gone, even if we were killed without a chance to say so; it
 * then exits with code 75.
 */
export const spawnChildProcess: SpawnWorker = ({ command, args, environment }, onLine) => {
  const child = spawn(command, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  child.stdin?.on('error', () => {
    // The worker closed its end; that is its business.
  });
  return {
    ended: endOf(child, onLine),
    terminate: () => void child.kill('SIGTERM'),
    kill: () => killGroup(child),
  };
};

function endOf(
  child: ChildProcess,
  onLine: (line: string, stream: OutputStream) => void,
): Promise<ProcessEnd> {
  const drained = Promise.all([readLines(child, 'stdout', onLine), readLines(child, 'stderr', onLine)]);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      onLine(`the process could not be started: ${error.message}`, 'stderr');
      resolve({ exitCode: ExitCode.internal });
    });
    child.once('exit', (code, signal) => {
      killGroup(child);
      const timer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_DRAIN_MS);
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve(drained.finally(() => clearTimeout(timer)).then(() => ({ exitCode })));
    });
  });
}

function readLines(
  child: ChildProcess,
  name: OutputStream,
  onLine: (line: string, stream: OutputStream) => void,
): Promise<void> {
  const stream = child[name];
  if (stream === null) return Promise.resolve();
  const splitter = createLineSplitter((line) => onLine(line, name));
  stream.on('data', (bytes: Buffer) => splitter.push(bytes));
  return new Promise((resolve) => {
    stream.once('close', () => {
      splitter.end();
      resolve();
    });
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}
