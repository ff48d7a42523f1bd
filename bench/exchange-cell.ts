import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseJob, type ResolvedJob, type TernGradJob } from '../crds/index.ts';
import { createAuthority } from '../operator/pki/authority.ts';
import { median } from '../trainer/step/figures.ts';
import type { PhaseTimes } from '../trainer/step/messages.ts';
import { bundleWorker } from './bundled-worker.ts';
import { credentialsOf } from './credentials-of.ts';
import { FIGURES_FILE, tensorsOf, type SyntheticModel, type WorkerFigures } from './synthetic-model.ts';
import type { WorkerOrder } from './exchange-worker.ts';
import type { ShapedNetwork } from './shaped-network.ts';
import { withTemporaryFolder } from './temporary-folder.ts';
import { wireSettings } from './wire-settings.ts';

/** One codec and size on one network. */
export interface ExchangeCell {
  readonly rate: string;
  readonly size: string;
  /** Of the float32 gradient, 10^6 bytes. */
  readonly megabytes: number;
  readonly codec: string;
  readonly workers: number;
  readonly optimizer: string;
  readonly tls: boolean;
  readonly steps: number;
}

export interface ExchangeRow {
  readonly codec: string;
  readonly size: string;
  readonly rate: string;
  readonly workers: number;
  readonly tls: boolean;
  /** Of a step, without the slowest worker's gradient. */
  readonly stepMs: { readonly median: number; readonly min: number; readonly max: number };
  readonly allStepMs: readonly number[];
  /** That one worker sends in a step, every header included; mean over the workers, as the figures below are. */
  readonly wireBytes: number;
  readonly cpuSeconds: number;
  /** Time that the wire bytes take at the link's rate, of the step's; `null` on a link without one. */
  readonly efficiency: number | null;
  /** Medians of rank 0, milliseconds. */
  readonly phases: PhaseTimes;
  /** Largest resident memory of a worker beyond what it was before its first step. */
  readonly memoryGrowthBytes: number;
}

/** With the share of the cores' time, 0..1, that the host of this virtual machine took meanwhile. */
export type MeasuredRow<Row = ExchangeRow> = Row & { readonly stolen: number };

const PORT = 7070;
const HTTP_ADDRESS = '127.0.0.1:0';

export async function runCell(cell: ExchangeCell, network: ShapedNetwork): Promise<ExchangeRow> {
  return withTemporaryFolder(async (folder) => {
    const files = await writeOrders(cell, network, folder);
    await runWorkers(network, await bundleWorker(folder), files);
    const figures = await Promise.all(
      network.addresses.map(async (_, rank) => {
        const written = await readFile(join(folder, `rank-${rank}`, FIGURES_FILE), 'utf8');
        return JSON.parse(written) as WorkerFigures;
      }),
    );
    return rowOf(cell, figures);
  });
}

function rowOf(cell: ExchangeCell, figures: readonly WorkerFigures[]): ExchangeRow {
  const [first] = figures;
  const own = first?.steps ?? [];
  const allStepMs = own.map(({ totalMs }, step) => {
    const computeMs = figures.map(({ steps }) => steps[step]?.phases.compute ?? 0);
    return totalMs - Math.max(...computeMs);
  });
  const mean = (of: (worker: WorkerFigures) => number): number =>
    figures.reduce((sum, worker) => sum + of(worker), 0) / figures.length;
  const wireBytes = mean((worker) => worker.wireBytes);
  const middle = median(allStepMs);
  const bitsPerMs = bitsPerMsOf(cell.rate);
  const { codec, size, rate, workers, tls } = cell;
  return {
    codec,
    size,
    rate,
    workers,
    tls,
    stepMs: { median: middle, min: Math.min(...allStepMs), max: Math.max(...allStepMs) },
    allStepMs,
    wireBytes,
    cpuSeconds: mean((worker) => worker.cpuSeconds),
    efficiency: bitsPerMs === undefined ? null : (wireBytes * 8) / bitsPerMs / middle,
    phases: phasesOf(own.map(({ phases }) => phases)),
    memoryGrowthBytes: Math.max(...figures.map((worker) => worker.memoryGrowthBytes)),
  };
}

function phasesOf(steps: readonly PhaseTimes[]): PhaseTimes {
  const of = (phase: keyof PhaseTimes): number => median(steps.map((phases) => phases[phase]));
  return {
    compute: of('compute'),
    encode: of('encode'),
    barrier: of('barrier'),
    push: of('push'),
    pull: of('pull'),
    apply: of('apply'),
  };
}

function bitsPerMsOf(rate: string): number | undefined {
  const [, number, unit] = /^([\d.]+)(mbit|gbit)$/.exec(rate) ?? [];
  return number === undefined ? undefined : Number(number) * (unit === 'gbit' ? 1e6 : 1e3);
}

/** Certificates and orders of all workers; returns the orders' files by rank. */
async function writeOrders(cell: ExchangeCell, network: ShapedNetwork, folder: string): Promise<string[]> {
  const job = jobOf(cell);
  const authority = await createAuthority('bench', { notAfter: new Date(Date.now() + 3_600_000) });
  const [coordinator = ''] = network.addresses;
  return Promise.all(
    network.addresses.map(async (address, rank) => {
      const directory = join(folder, `rank-${rank}`);
      await mkdir(directory);
      const { certificate, privateKey, authorities } = await credentialsOf(authority, rank);
      await writeFile(join(directory, 'tls.crt'), certificate);
      await writeFile(join(directory, 'tls.key'), privateKey, { mode: 0o600 });
      await writeFile(join(directory, 'ca.crt'), authorities);
      const order: WorkerOrder = {
        job,
        identity: {
          jobFile: '',
          jobName: 'bench',
          jobNamespace: 'bench',
          jobUid: 'bench',
          rank,
          attempt: 1,
          coordinatorAddress: `${coordinator}:${PORT}`,
          advertiseHost: address,
          listenAddress: `${address}:${PORT}`,
          httpAddress: HTTP_ADDRESS,
          certificateDirectory: directory,
          terminationMessageFile: undefined,
          baseDirectory: directory,
          logLevel: 'error',
        },
      };
      const file = join(directory, 'order.json');
      await writeFile(file, JSON.stringify(order));
      return file;
    }),
  );
}

function jobOf(cell: ExchangeCell): ResolvedJob {
  // V8 compiles what a step runs for some hundred steps: as many are thrown away as are measured.
  const warmupSteps = Math.max(cell.steps, 5);
  const model: SyntheticModel = { tensors: tensorsOf(cell.megabytes), warmupSteps };
  const job: TernGradJob = {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name: 'bench' },
    spec: {
      workers: { replicas: cell.workers },
      program: { name: 'mlp', parameters: { synthetic: JSON.stringify(model) } },
      training: {
        steps: warmupSteps + cell.steps,
        batchSize: cell.workers,
        optimizer: { name: cell.optimizer as 'sgd' },
      },
      ...wireSettings(cell.codec),
      tls: { enabled: cell.tls },
    },
  };
  return parseJob(stringify(job), 'bench.yaml');
}

/** Each worker on a core of its own, as far as there are enough. The first that fails ends the others. */
async function runWorkers(
  network: ShapedNetwork,
  program: string,
  orderFiles: readonly string[],
): Promise<void> {
  const children = orderFiles.map((file, rank) => startWorker(network, rank, [program, file]));
  try {
    await Promise.all(children.map(ended));
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

function startWorker(network: ShapedNetwork, rank: number, program: readonly string[]): ChildProcess {
  const [enter, ...enterArgs] = network.inside(rank);
  const extra = (process.env['TERNGRAD_BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((word) => word !== '');
  const pinned = ['taskset', '--cpu-list', String(rank % cpus().length), process.execPath, ...extra];
  return spawn(enter, [...enterArgs, ...pinned, ...program], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function ended(child: ChildProcess, rank: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the worker of rank ${rank} ended with code ${code}`));
    });
  });
}
