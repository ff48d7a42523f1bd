import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TernGradJob } from '../../crds/job.ts';
import type { TerminationMessage } from '../../crds/termination-message.ts';
import type { RunResult } from '../../operator/local/run-result.ts';
import { freshDist } from './dist.ts';
import { allAtGate, openGate } from './gate.ts';
import { Sandbox } from './sandbox.ts';
import { until } from './until.ts';

const dist = freshDist();

export interface EndedRun {
  /** Or the signal that ended the command. */
  readonly exitCode: number | NodeJS.Signals | null;
  /** What the command printed to standard output. */
  readonly out: string;
  /** ... and to standard error: the log of all workers. */
  readonly err: string;
  /** By rank, what it left in its termination message; only with `keepMessages`. */
  readonly messages: readonly (TerminationMessage | undefined)[];
  /** The object on standard output. */
  readonly result: RunResult;
}

/** Arguments with which the termination messages of a run are kept for `EndedRun.messages`. */
export const keepMessages: readonly string[] = ['--keep-temp'];

/** `terngrad run` as a process of its own, with the job file in a sandbox. */
export class RunningJob {
  readonly sandbox: Sandbox;
  readonly #replicas: number;
  readonly #keepsMessages: boolean;
  readonly #child: ReturnType<typeof spawn>;
  readonly #exit: Promise<number | NodeJS.Signals | null>;
  #out = '';
  #err = '';
  #over = false;

  constructor(file: string, replicas: number, args: readonly string[], sandbox: Sandbox) {
    this.sandbox = sandbox;
    this.#keepsMessages = keepMessages.every((argument) => args.includes(argument));
    this.#replicas = replicas;
    const command = [dist.terngrad, 'run', '-f', file, '--output', 'json', ...args];
    this.#child = spawn(process.execPath, command, {
      cwd: sandbox.folder,
      env: sandbox.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (bytes: Buffer) => (this.#out += bytes.toString()));
    this.#child.stderr?.on('data', (bytes: Buffer) => (this.#err += bytes.toString()));
    this.#exit = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#over = true;
        resolve(code ?? signal);
      });
    });
  }

  /** What the command has printed to standard error so far. */
  get err(): string {
    return this.#err;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** To the command; see `sandbox` for its workers. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves once all ranks wait in the gate of `programs/gated.mjs`. */
  async atGate(): Promise<void> {
    await this.#until('all ranks are at the gate', allAtGate(this.sandbox.folder, this.#replicas));
  }

  openGate(): void {
    openGate(this.sandbox.folder);
  }

  /** Resolves once the command has printed this to standard error. */
  async printed(text: string): Promise<void> {
    await this.#until(`"${text}" is printed`, () => this.#err.includes(text));
  }

  /** Resolves with what a pattern (global) found on standard error, once it is there so many times. */
  async found(pattern: RegExp, count: number): Promise<readonly RegExpExecArray[]> {
    const matches = (): RegExpExecArray[] => [...this.#err.matchAll(pattern)];
    await this.#until(`${String(pattern)} is printed ${count} times`, () => matches().length >= count);
    return matches();
  }

  /** A file that a program left beside the job file. */
  readFile(name: string): string {
    return readFileSync(join(this.sandbox.folder, name), 'utf8');
  }

  /** Waits for the end of the command; then no process may be left, and no file besides those that were asked for. */
  async ended(): Promise<EndedRun> {
    await until(
      'the run ends',
      () => this.#over,
      () => this.#err,
    );
    const exitCode = await this.#exit;
    const messages = this.#keepsMessages ? this.#takeMessages() : [];
    this.sandbox.assertNothingLeft();
    const [out, err] = [this.#out, this.#err];
    return {
      exitCode,
      out,
      err,
      messages,
      get result() {
        if (out === '')
          throw new Error(`the run ended with ${String(exitCode)} and printed no result\n${err}`);
        return JSON.parse(out) as RunResult;
      },
    };
  }

  /** Reads and removes what `--keep-temp` kept. */
  #takeMessages(): (TerminationMessage | undefined)[] {
    const name = this.sandbox.temporaryFiles.find((file) => file.startsWith('terngrad-'));
    if (name === undefined) return [];
    const folder = join(this.sandbox.temporary, name);
    const ranks = readdirSync(folder).filter((one) => one.startsWith('rank-')).length;
    const messages = Array.from({ length: ranks }, (_, rank) => {
      const file = join(folder, `rank-${rank}`, 'end-1.json');
      return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TerminationMessage) : undefined;
    });
    rmSync(folder, { recursive: true });
    return messages;
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    await until(
      what,
      () => holds() || this.#over,
      () => this.#err,
    );
    if (!holds()) throw new Error(`the run ended before ${what}\n${this.#err}`);
  }
}

/** Starts a run, and ends what is left of it after `work`, whatever happens. */
export function withRun<T>(
  job: TernGradJob,
  work: (run: RunningJob) => Promise<T>,
  args: readonly string[] = [],
): Promise<T> {
  return withSandbox((sandbox) => {
    const file = join(sandbox.folder, 'job.yaml');
    writeFileSync(file, JSON.stringify(job, undefined, 2));
    return work(new RunningJob(file, job.spec.workers?.replicas ?? 1, args, sandbox));
  });
}

/** Runs a job to its end. */
export function runJob(job: TernGradJob, args: readonly string[] = []): Promise<EndedRun> {
  return withRun(job, (run) => run.ended(), args);
}

/** Runs the job of a file, where it lies, to its end. */
export function runFile(file: string, args: readonly string[] = []): Promise<EndedRun> {
  return withSandbox((sandbox) => new RunningJob(file, 0, args, sandbox).ended());
}

async function withSandbox<T>(work: (sandbox: Sandbox) => Promise<T>): Promise<T> {
  const sandbox = new Sandbox();
  try {
    return await work(sandbox);
  } finally {
    sandbox.remove();
  }
}
