import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { TernGradJob } from '../crds/index.ts';
import { median } from '../trainer/step/figures.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatTable } from './table.ts';

export interface RecoveryBenchOptions {
  readonly workers: number;
  readonly rounds: number;
  readonly backend: string;
  readonly output: 'table' | 'json';
}

interface Loss {
  readonly rank: number;
  /** From the last confirmed step before to the first one after, by a survivor's clock. */
  readonly pauseMs: number;
}

type BackendChoice = NonNullable<TernGradJob['spec']['workers']>['backend'];

const terngrad = fileURLToPath(new URL('../dist/terngrad.js', import.meta.url));
/** Between two losses, so that each finds training in its stride. */
const STRIDE_MS = 3000;
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 15;
/** Shorter than any recovery, longer than any step of LeNet on a machine that is fit to measure. */
const MOST_OF_A_STEP_MS = 400;

/**
 * How long training pauses when a worker is killed: LeNet on this computer, the last worker and rank 0 in turn, each
 * replaced at once. The pause is what users see: from one confirmed step to the next.
 */
export async function benchRecovery(options: RecoveryBenchOptions): Promise<void> {
  const machine = describeMachine();
  const folder = await mkdtemp(join(tmpdir(), 'terngrad-bench-'));
  const run = new WatchedRun(folder);
  const losses: Loss[] = [];
  try {
    await run.start(lenetJob(options));
    for (let round = 0; round < options.rounds; round++) {
      for (const rank of [options.workers - 1, 0]) {
        const survivor = rank === 0 ? 1 : 0;
        await run.untilTraining(survivor);
        losses.push({ rank, pauseMs: await run.pauseOf(rank, survivor) });
        console.error(`round ${round + 1}: rank ${rank} killed, ${losses.at(-1)?.pauseMs.toFixed(0)} ms`);
      }
    }
  } finally {
    await run.end();
    await rm(folder, { recursive: true, force: true });
  }
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, ...options, losses }));
    return;
  }
  console.log(machineLine(machine));
  console.log(
    `LeNet 1.256M, batch 64, ${options.workers} workers, SIGKILL; from one confirmed step to the next, ms\n`,
  );
  console.log(
    formatTable(
      ['killed', 'times', 'median', 'min', 'max'],
      [options.workers - 1, 0].map((rank) => {
        const pauses = losses.filter((loss) => loss.rank === rank).map(({ pauseMs }) => pauseMs);
        return [
          `rank ${rank}`,
          String(pauses.length),
          ...[median(pauses), Math.min(...pauses), Math.max(...pauses)].map((ms) => ms.toFixed(0)),
        ];
      }),
    ),
  );
}

function lenetJob({ workers, backend }: RecoveryBenchOptions): TernGradJob {
  return {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name: 'bench-recovery' },
    spec: {
      workers: { replicas: workers, backend: backend as BackendChoice },
      program: { name: 'lenet' },
      data: { name: 'mnist' },
      training: { steps: 1_000_000, batchSize: 64 },
      // Killed on purpose: replaced without a wait, as often as asked.
      failurePolicy: { backoffLimit: 10_000, rules: [{ action: 'restartWorker', exitCodes: [137] }] },
    },
  };
}

/** `terngrad run`, with an eye on its workers' metrics and a hand on their processes. */
class WatchedRun {
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
    child.kill('SIGINT');
    await new Promise((resolve) => child.once('exit', resolve));
  }

  async #lastStepMs(rank: number): Promise<number | undefined> {
    const address = this.#metrics.get(rank);
    if (address === undefined) return undefined;
    const page = await fetch(`http://${address}/metrics`).then(
      (response) => response.text(),
      () => '',
    );
    const value = /^terngrad_last_step_timestamp_seconds\{[^}]*\} (\S+)$/m.exec(page)?.[1];
    return value === undefined ? undefined : Number(value) * 1000;
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
