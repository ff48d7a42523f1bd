import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { TernGradJob } from '../crds/index.ts';
import { cleanedUp } from './interrupted.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

const terngrad = fileURLToPath(new URL('../dist/terngrad.js', import.meta.url));
/** Between two losses, so that each finds training in its stride. */
const STRIDE_MS = 3000;
const PATIENCE_MS = 120_000;
export const LOOK_EVERY_MS = 15;
/** Shorter than any recovery, longer than any step of LeNet on a machine that is fit to measure. */
const MOST_OF_A_STEP_MS = 400;

/** What a worker's metrics say of its last confirmed step. */
export interface Look {
  /** Unix milliseconds, by the worker's clock. */
  readonly confirmedMs: number;
  /** That this process has done. */
  readonly steps: number;
  readonly generation: number;
}

/** Runs the job in a folder of its own while `work` watches it; both are gone afterwards. */
export async function watchRun(job: TernGradJob, work: (run: WatchedRun) => Promise<void>): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const run = new WatchedRun(folder);
    const watched = async (): Promise<void> => {
      try {
        await run.start(job);
        await work(run);
      } finally {
        await run.end();
      }
    };
    await cleanedUp(() => run.interrupt(), watched);
  });
}

/** `terngrad run`, with an eye on its workers' metrics and a hand on their processes. */
export class WatchedRun {
  readonly #folder: string;
  /** Address of the metrics of each rank's newest process. */
  readonly #metrics = new Map<number, string>();
  #process: ChildProcess | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(job: TernGradJob): Promise<void> {
    const file = join(this.#folder, 'job.yaml');
    await writeFile(file, stringify(job));
    const child = spawn(process.execPath, [terngrad, 'run', '-f', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const served = /^\[(\d+)\].*metrics are served.*address=(\S+)/.exec(line);
        if (served !== null) this.#metrics.set(Number(served[1]), String(served[2]));
      });
    }
  }

  async untilTraining(rank: number): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const first = await this.#lastStepMs(rank);
      await sleep(STRIDE_MS);
      const later = await this.#lastStepMs(rank);
      if (first !== undefined && later !== undefined && later > first) return;
      if (Date.now() > deadline)
        throw new Error(`rank ${rank} does not train within ${PATIENCE_MS / 1000} s`);
    }
  }

  async pauseOf(rank: number, survivor: number): Promise<number> {
    process.kill(await this.#pidOf(rank), 'SIGKILL');
    const killedMs = Date.now();
    let before = (await this.#lastStepMs(survivor)) ?? 0;
    for (;;) {
      await sleep(LOOK_EVERY_MS);
      const now = await this.#lastStepMs(survivor);
      if (now === undefined || now === before) {
        if (Date.now() > killedMs + PATIENCE_MS) throw new Error(`training did not go on after rank ${rank}`);
        continue;
      }
      // A step that was on its way when the signal came is still before the pause.
      if (now - before > MOST_OF_A_STEP_MS) return now - before;
      before = now;
    }
  }

  async end(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return;
    this.interrupt();
    await new Promise((resolve) => child.once('exit', resolve));
  }

  interrupt(): void {
    this.#process?.kill('SIGINT');
  }

  /** Where a rank stands, as its metrics say: `undefined` while they are not served, or before its first step. */
  async look(rank: number): Promise<Look | undefined> {
    const address = this.#metrics.get(rank);
    if (address === undefined) return undefined;
    const page = await fetch(`http://${address}/metrics`).then(
      (response) => response.text(),
      () => '',
    );
    const value = (name: string): number =>
      Number(new RegExp(`^terngrad_${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(page)?.[1] ?? Number.NaN);
    const confirmedMs = value('last_step_timestamp_seconds') * 1000;
    if (Number.isNaN(confirmedMs)) return undefined;
    return { confirmedMs, steps: value('steps_total'), generation: value('generation') };
  }

  /** `terngrad scale` of this run. */
  async scale(replicas: number): Promise<void> {
    const file = join(this.#folder, 'job.yaml');
    await promisify(execFile)(process.execPath, [terngrad, 'scale', String(replicas), '-f', file]);
  }

  async #lastStepMs(rank: number): Promise<number | undefined> {
    return (await this.look(rank))?.confirmedMs;
  }

  /** The launcher's child whose environment says that it is this rank. */
  async #pidOf(rank: number): Promise<number> {
    const launcher = String(this.#process?.pid);
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] !== launcher) continue;
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if (environment.split('\0').includes(`TERNGRAD_RANK=${rank}`)) return Number(pid);
    }
    throw new Error(`no process of rank ${rank}`);
  }
}
