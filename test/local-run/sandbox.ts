import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkerEnvironment } from '../../crds/worker-environment.ts';
import { until } from './until.ts';

export interface SandboxProcess {
  readonly pid: number;
  /** Absent for what is no worker: `terngrad run` itself. */
  readonly rank: number | undefined;
  readonly attempt: number | undefined;
}

/**
 * A folder for one run: the job file and what programs leave beside it, and a temporary directory that is this run's
 * alone. Whatever is started with `environment` can be found again by it, also when its parent is gone.
 */
export class Sandbox {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'local-run-test-')));
  readonly temporary = join(this.folder, 'tmp');

  constructor() {
    mkdirSync(this.temporary);
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, TMPDIR: this.temporary };
  }

  /** All living processes of this run. */
  get processes(): readonly SandboxProcess[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        const environment = environmentOf(pid);
        if (environment.get('TMPDIR') !== this.temporary) return [];
        const number = (name: string): number | undefined => {
          const text = environment.get(name);
          return text === undefined ? undefined : Number(text);
        };
        const { rank, attempt } = WorkerEnvironment;
        return [{ pid: Number(pid), rank: number(rank), attempt: number(attempt) }];
      });
  }

  /** Names in the run's temporary directory. */
  get temporaryFiles(): readonly string[] {
    return readdirSync(this.temporary);
  }

  pidOf(rank: number): number {
    const found = this.processes.find((one) => one.rank === rank);
    if (found === undefined) throw new Error(`there is no process of rank ${rank}`);
    return found.pid;
  }

  /** @throws Error naming the processes and the temporary files that the run has left behind. */
  assertNothingLeft(): void {
    const { processes, temporaryFiles } = this;
    if (processes.length === 0 && temporaryFiles.length === 0) return;
    const ranks = processes.map(({ pid, rank }) => `${pid} (rank ${rank ?? '-'})`);
    throw new Error(`left behind: processes [${ranks.join(', ')}], files [${temporaryFiles.join(', ')}]`);
  }

  /** For runs whose launcher was killed: its workers need a moment to notice. */
  async untilNoProcessIsLeft(): Promise<void> {
    await until('every process of the run is gone', () => this.processes.length === 0);
  }

  /** Ends what a failed test has left. */
  remove(): void {
    for (const { pid } of this.processes) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    // A process that was just killed may still be writing its last file.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** Empty for a process that has ended, and for one that is not ours to look into. */
function environmentOf(pid: string): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return new Map();
  }
  return new Map(
    text.split('\0').map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
