import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { ExitCode, parseRunnableJob, WorkerEnvironment } from '../crds/index.ts';
import { failureOf } from './failure.ts';
import { readIdentity, type WorkerIdentity } from './identity.ts';
import { writeTerminationMessage } from './termination-file.ts';
import { runWorker } from './worker.ts';

/** The worker process: this is the I/O thread; the compute thread is a second bundle beside this one. */
const log = pino({ base: { rank: process.env[WorkerEnvironment.rank] }, level: 'info' });
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => stop.abort(`received ${signal}`));
}
// In a local run the launcher holds the other end: it closes when the launcher dies, however it dies.
if (process.env[WorkerEnvironment.parentPipe] === 'stdin') {
  process.stdin.on('end', () => stop.abort('the launcher is gone')).resume();
}

process.exitCode = await run();
// A native backend may keep threads of its own alive; everything is written by now.
process.exit();

async function run(): Promise<number> {
  let identity: WorkerIdentity;
  try {
    identity = readIdentity(process.env);
  } catch (error) {
    return refuse(error, process.env[WorkerEnvironment.terminationMessageFile], 0, 1);
  }
  log.level = identity.logLevel;
  const { terminationMessageFile: file, rank, attempt } = identity;
  try {
    const job = parseRunnableJob(readFileSync(identity.jobFile, 'utf8'), identity.jobFile);
    const computeScript = new URL('./compute.js', import.meta.url);
    const message = await runWorker({ identity, job, computeScript, log, stop: stop.signal });
    writeTerminationMessage(file, message);
    return message.exitCode;
  } catch (error) {
    return refuse(error, file, rank, attempt);
  }
}

/** Nothing was started yet: say why on the log and in the termination message. */
function refuse(error: unknown, file: string | undefined, rank: number, attempt: number): number {
  const { exitCode, reason, message, stack } = failureOf(error);
  log.fatal(exitCode === ExitCode.internal ? { reason, stack } : { reason }, message);
  writeTerminationMessage(file, { rank, attempt, exitCode, reason, message, steps: 0, epochs: 0 });
  return exitCode;
}
