import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BackendName } from '../trainer/compute/backend.ts';
import { nativeEnvironment } from '../trainer/compute/native-environment.ts';
import type { ComputeFigures } from './compute-step.ts';
import { describeMachine, machineLine } from './machine.ts';
import { raceCompute, raceTable } from './peers/compute-race.ts';
import { pyTorchOrReason } from './peers/race.ts';
import { formatSpread, formatTable, median } from './table.ts';

/** native twice: TensorFlow's kernels with and without oneDNN (decision 002). */
const VARIANTS = {
  native: [
    { backend: 'native', oneDnn: 'on' },
    { backend: 'native', oneDnn: 'off' },
  ],
  wasm: [{ backend: 'wasm' }],
  cpu: [{ backend: 'cpu' }],
} as const satisfies Record<BackendName, readonly Variant[]>;
const MODELS = ['lenet', 'mlp'] as const;
const BATCHES = [64, 32] as const;

interface Variant {
  readonly backend: BackendName;
  readonly oneDnn?: 'on' | 'off';
}

interface Case extends Variant {
  readonly model: (typeof MODELS)[number];
  readonly batch: number;
}

type Row = Case & ({ readonly figures: ComputeFigures } | { readonly error: string });

export interface ComputeOptions {
  readonly output: 'table' | 'json';
  /** Comma separated. */
  readonly backends: string;
  /** Measured steps of each process, at most. */
  readonly steps: number;
  /** Processes of each case. They take turns, so that a busy spell of the computer hits all cases alike. */
  readonly rounds: number;
  /** Whether PyTorch is measured beside. */
  readonly peers: boolean;
  /** Models of that race, comma separated. */
  readonly raced: string;
}

/** A training step of LeNet and of the MLP on each backend, one thread: gradient, its export, and import of weights. */
export async function benchCompute(options: ComputeOptions): Promise<void> {
  const { output, backends, steps, rounds, peers, raced } = options;
  const machine = describeMachine();
  const rows: Row[] = [];
  for (const cases of casesOf(backends)) rows.push(...(await measureInTurn(cases, steps, rounds)));
  const python = peers ? await pyTorchOrReason() : undefined;
  const race = python === undefined ? [] : await raceCompute(python, namesIn(raced), steps, rounds);
  if (output === 'json') {
    console.log(JSON.stringify({ machine, rows, race }));
    return;
  }
  console.log(machineLine(machine));
  if (rows.length > 0) {
    console.log('one thread; median [min-max] over the steps, ms\n');
    console.log(
      formatTable(['model', 'batch', 'backend', 'gradient', 'export', 'import', 'steps'], rows.map(cells)),
    );
  }
  const compared = oneDnnRows(rows);
  if (compared.length > 0) {
    console.log('\nnative, gradient: TF_ENABLE_ONEDNN_OPTS=1 (what the launcher sets) against 0\n');
    console.log(formatTable(['model', 'batch', 'on', 'off', 'off / on'], compared));
  }
  if (race.length > 0) {
    console.log(
      '\na whole step at batch 64 of one worker on native, one thread, against PyTorch; medians of each process, ms\n',
    );
    console.log(raceTable(race));
  }
}

/** What is compared with each other, together: the backends on one model and batch size. */
function casesOf(backends: string): Case[][] {
  const variants: Variant[] = namesIn(backends).flatMap((name) => {
    if (!(name in VARIANTS)) {
      throw new RangeError(`--backends: "${name}" is not one of ${Object.keys(VARIANTS).join(', ')}`);
    }
    return [...VARIANTS[name as BackendName]];
  });
  return MODELS.flatMap((model) =>
    BATCHES.map((batch) =>
      variants
        // A LeNet step takes the cpu backend a minute or two: it is there to check the others, not to train.
        .filter(({ backend }) => backend !== 'cpu' || model !== 'lenet')
        .map((variant) => ({ ...variant, model, batch })),
    ),
  );
}

function namesIn(list: string): string[] {
  return list.split(',').filter((name) => name !== '');
}

async function measureInTurn(cases: readonly Case[], steps: number, rounds: number): Promise<Row[]> {
  const rows = new Map<Case, Row>();
  for (let round = 0; round < rounds; round += 1) {
    for (const one of cases) rows.set(one, joined(rows.get(one), await measure(one, steps)));
  }
  return [...rows.values()];
}

/** The steps of both; an error stays. */
function joined(before: Row | undefined, row: Row): Row {
  if (before === undefined || 'error' in row) return row;
  if ('error' in before) return before;
  const [a, b] = [before.figures, row.figures];
  return {
    ...row,
    figures: {
      ...b,
      gradientMs: [...a.gradientMs, ...b.gradientMs],
      exportMs: [...a.exportMs, ...b.exportMs],
      importMs: [...a.importMs, ...b.importMs],
    },
  };
}

/** In a process of its own: TensorFlow reads its environment once, and no backend shall find another's memory in use. */
async function measure(one: Case, steps: number): Promise<Row> {
  const { backend, model, batch, oneDnn } = one;
  const script = fileURLToPath(new URL('./compute-step.ts', import.meta.url));
  const env = {
    ...process.env,
    ...nativeEnvironment(1),
    ...(oneDnn !== undefined && { TF_ENABLE_ONEDNN_OPTS: oneDnn === 'on' ? '1' : '0' }),
  };
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, backend, model, String(batch), String(steps)],
      { env },
    );
    return { ...one, figures: JSON.parse(stdout) as ComputeFigures };
  } catch (error) {
    const reason = /cannot be opened: ([^\n]*)/.exec(String(error))?.[1];
    return { ...one, error: reason ?? String(error) };
  }
}

function cells(row: Row): string[] {
  const suffix = row.oneDnn === undefined ? '' : `, oneDNN ${row.oneDnn}`;
  const start = [row.model, String(row.batch)];
  if ('error' in row) return [...start, row.backend + suffix, row.error];
  const { backend, gradientMs, exportMs, importMs } = row.figures;
  return [
    ...start,
    backend + suffix,
    formatSpread(gradientMs),
    formatSpread(exportMs, 2),
    formatSpread(importMs, 2),
    String(gradientMs.length),
  ];
}

function oneDnnRows(rows: readonly Row[]): string[][] {
  return rows.flatMap((on) => {
    const off = rows.find((row) => row.oneDnn === 'off' && row.model === on.model && row.batch === on.batch);
    if (on.oneDnn !== 'on' || off === undefined || 'error' in on || 'error' in off) return [];
    const [onMs, offMs] = [on.figures.gradientMs, off.figures.gradientMs];
    const ratio = (median(offMs) / median(onMs)).toFixed(2);
    return [[on.model, String(on.batch), formatSpread(onMs), formatSpread(offMs), ratio]];
  });
}
