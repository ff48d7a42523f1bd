import { readFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { ExitCode, parseRunnableJob, WorkerEnvironment } from '../crds/index.ts';
import { failureOf } from './failure.ts';
import { readIdentity } from './identity.ts';
import { writeTerminationMessage } from './termination-file.ts';
import { computeClientOf, type ComputeClient } from './step/compute-client.ts';
import { runWorker } from './worker.ts';

const log = pino({ base: { rank: process.env[WorkerEnvironment.rank] }, level: 'info' });
/** Until the identity is read: what the launcher set, as far as it can be told. */
let ending = { file: process.env[WorkerEnvironment.terminationMessageFile], rank: 0, attempt: 1 };

/**
 * The worker's life: this is the I/O thread; the compute thread is a second bundle beside this one. Never rejects.
 * @param stop aborted when the process is asked to stop
 * @param computeThread loads what it needs while this one does
 * @returns the exit code.
 */
export async function runProcess(stop: AbortController, computeThread: Worker): Promise<number> {
  const compute = computeClientOf(computeThread);
  // In a local run the launcher holds the other end: it closes when the launcher dies, however it dies.
  if (process.env[WorkerEnvironment.parentPipe] === 'stdin') {
    process.stdin.on('end', () => stop.abort('the launcher is gone')).resume();
  }
  process.on('uncaughtException', (error) => process.exit(giveUp(error)));
  try {
    return await work(compute, stop.signal);
  } catch (error) {
    return giveUp(error);
  }
}

async function work(compute: ComputeClient, stop: AbortSignal): Promise<number> {
  const identity = readIdentity(process.env);
  const { terminationMessageFile: file, rank, attempt, jobFile } = identity;
  ending = { file, rank, attempt };
  log.level = identity.logLevel;
  const job = parseRunnableJob(readFileSync(jobFile, 'utf8'), jobFile);
  const message = await runWorker({ identity, job, compute, log, stop });
  writeTerminationMessage(file, message);
  return message.exitCode;
}

/** Nothing was trained, or something broke that nobody handled: say why, on the log and in the termination message. */
function giveUp(error: unknown): number {
  const { file, rank, attempt } = ending;
  const { exitCode, reason, message, stack } = failureOf(error);
  log.fatal(exitCode === ExitCode.internal ? { reason, stack } : { reason }, message);
  writeTerminationMessage(file, { rank, attempt, exitCode, reason, message, steps: 0, epochs: 0 });
  return exitCode;
}
