import { execFile, execFileSync, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { measureCodecs, type CodecTimes } from '../cli/predict/codec-time.ts';
import { measureTransport } from '../cli/predict/transport-time.ts';
import type { TransportCosts } from '../trainer/predict/costs.ts';
import { parseRate } from '../trainer/predict/link.ts';
import { predictStep } from '../trainer/predict/predict-step.ts';
import { median } from '../trainer/step/figures.ts';
import { describeMachine, machineLine, type Machine } from './machine.ts';
import { cleanedUp } from './interrupted.ts';
import { benchSpec } from './predict-load.ts';
import { tensorsOf } from './synthetic-model.ts';
import { formatTable } from './table.ts';

export interface PredictBenchOptions {
  readonly rates: string;
  readonly sizes: string;
  readonly codecs: string;
  readonly workers: number;
  /** A file that `bench -- exchange --output json` printed, instead of measuring now. */
  readonly cells?: string;
  readonly output: 'table' | 'json';
}

/** What is read of a row of `bench -- exchange`. */
interface Cell {
  readonly codec: string;
  /** Such as `4MB`. */
  readonly size: string;
  readonly rate: string;
  readonly workers: number;
  readonly tls: boolean;
  readonly stepMs: { readonly median: number };
}

interface Row {
  readonly cell: Cell;
  readonly predictedMs: number;
  /** Of the measured median; positive when the prediction is too long. */
  readonly error: number;
}

/** By its names of codecs, ours. */
const CODING_OF: Readonly<Record<string, string>> = {
  'ternary-2bit': 'ternary 2bit',
  'ternary-entropy': 'ternary entropy',
};
/** Between two namespaces of one computer. */
const ROUND_TRIP_MS = 0.08;
const MAX_OUTPUT_BYTES = 2 ** 26;

/**
 * `terngrad predict` against the real exchange: costs are measured as the command does, without any cell of the exchange, and
 * every cell is predicted from them.
 */
export async function benchPredict(options: PredictBenchOptions): Promise<void> {
  const machine = describeMachine();
  const cells = await cellsOf(options);
  const transport = new Map<boolean, TransportCosts>();
  const codecs = new Map<string, CodecTimes>();
  await besideOthers(Math.max(...cells.map((cell) => cell.workers)), async () => {
    for (const tls of new Set(cells.map((cell) => cell.tls))) transport.set(tls, await measureTransport(tls));
    for (const size of new Set(cells.map((cell) => cell.size)))
      codecs.set(size, await measureCodecs(tensorsOf(Number.parseFloat(size)), benchSpec()));
  });
  const rows = cells.map((cell): Row => {
    const predictedMs = predicted(
      cell,
      codecs.get(cell.size) as CodecTimes,
      transport.get(cell.tls) as TransportCosts,
    );
    return { cell, predictedMs, error: predictedMs / cell.stepMs.median - 1 };
  });
  report(options.output, machine, rows, transport);
}

/** Measures on one core while the cores of the other workers do the like: two of one processor may share their units. */
async function besideOthers(workers: number, measure: () => Promise<void>): Promise<void> {
  const others = Math.min(workers, availableParallelism()) - 1;
  const script = fileURLToPath(new URL('./predict-companion.ts', import.meta.url));
  const companions = Array.from({ length: others }, (_, index) => {
    const program = [process.execPath, '--import', 'tsx', script];
    return spawn('taskset', ['--cpu-list', String(index + 1), ...program], { stdio: 'ignore' });
  });
  await cleanedUp(
    () => companions.forEach((companion) => companion.kill('SIGKILL')),
    async () => {
      execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(process.pid)]);
      await measure();
    },
  );
}

function predicted(cell: Cell, times: CodecTimes, transport: TransportCosts): number {
  const name = CODING_OF[cell.codec] ?? cell.codec;
  const coding = times.codings.find((one) => one.name === name);
  const chunks = coding?.chunks(cell.workers);
  if (coding === undefined || chunks === undefined) throw new Error(`no prediction for ${cell.codec}`);
  const { codings: _, ...vectorCosts } = times;
  const costs = { gradient: { fixedMs: 0, perExampleMs: 0 }, ...vectorCosts, transport };
  return predictStep(costs, coding.costs(cell.workers), chunks, {
    members: cell.workers,
    examplesPerStep: cell.workers,
    link: { bitsPerSecond: parseRate(cell.rate), roundTripMs: ROUND_TRIP_MS },
    // The benchmark gives every worker one core, as far as there are enough.
    coresPerWorker: Math.min(1, availableParallelism() / cell.workers),
  }).beyondGradientMs;
}

async function cellsOf({
  cells,
  rates,
  sizes,
  codecs,
  workers,
}: PredictBenchOptions): Promise<readonly Cell[]> {
  const text =
    cells === undefined ? await measuredNow(rates, sizes, codecs, workers) : await readFile(cells, 'utf8');
  const { rows } = JSON.parse(text) as { readonly rows: readonly Cell[] };
  return rows.filter(({ rate }) => rate !== 'none');
}

async function measuredNow(rates: string, sizes: string, codecs: string, workers: number): Promise<string> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const cellFlags = ['--rate', rates, '--sizes', sizes, '--codecs', codecs, '--workers', String(workers)];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', main, 'exchange', '--output', 'json', ...cellFlags],
    { maxBuffer: MAX_OUTPUT_BYTES },
  );
  return stdout;
}

function report(
  output: PredictBenchOptions['output'],
  machine: Machine,
  rows: readonly Row[],
  transport: ReadonlyMap<boolean, TransportCosts>,
): void {
  const medianError = median(rows.map(({ error }) => Math.abs(error)));
  if (output === 'json') {
    console.log(JSON.stringify({ machine, medianError, transport: [...transport], rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log('a step without the gradient, ms; costs measured apart from these cells\n');
  console.log(
    formatTable(
      ['link', 'gradient', 'codec', 'workers', 'measured', 'predicted', 'error %'],
      rows.map(({ cell, predictedMs, error }) => [
        cell.rate,
        cell.size,
        cell.codec,
        String(cell.workers),
        cell.stepMs.median.toFixed(2),
        predictedMs.toFixed(2),
        (100 * error).toFixed(1),
      ]),
    ),
  );
  console.log(`\nmedian error ${(100 * medianError).toFixed(1)} % over ${rows.length} cells`);
}
