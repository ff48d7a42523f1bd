import { join } from 'node:path';
import type { ExchangeRow, MeasuredRow } from '../exchange-cell.ts';
import { describeMachine, machineLine } from '../machine.ts';
import { INTERFACE, withShapedNetwork, type ShapedNetwork } from '../shaped-network.ts';
import { leastDisturbed, percent } from '../stolen-time.ts';
import { formatSpread, formatTable, median } from '../table.ts';
import { onCore, runPinned } from './pinned.ts';
import { peersFolder, pyTorch, PyTorchUnavailableError } from './pytorch.ts';

export interface PeersOptions {
  /** Comma separated, as `tc` takes them. */
  readonly rates: string;
  /** Comma separated, of the float32 gradient, such as `4MB`. */
  readonly sizes: string;
  readonly workers: number;
  /** Comma separated; those of comm_hooks.py. */
  readonly variants: string;
  /** About how long each cell is measured. */
  readonly seconds: number;
  readonly output: 'table' | 'json';
}

/** The rows of `bench -- exchange`, as far as PyTorch has the figures. */
type PeerRow = Omit<ExchangeRow, 'tls' | 'phases' | 'memoryGrowthBytes'>;

interface RankFigures {
  readonly stepMs: readonly number[];
  readonly wireBytes: number;
  readonly cpuSeconds: number;
}

interface Cell {
  readonly rate: string;
  readonly size: string;
  readonly variant: string;
}

/** What PyTorch DDP takes to exchange a gradient on the same links as `bench -- exchange`, by communication hook. */
export async function benchPeers(options: PeersOptions): Promise<void> {
  const python = await pyTorchOrReason();
  if (python === undefined || !isRoot()) return;
  const machine = describeMachine();
  const rows: MeasuredRow<PeerRow>[] = [];
  for (const rate of options.rates.split(',')) {
    await withShapedNetwork(rate, options.workers, async (network) => {
      for (const size of options.sizes.split(',')) {
        for (const variant of options.variants.split(',')) {
          const cell = { rate, size, variant };
          const what = `${rate} ${size} ${variant}`;
          const { value, stolen } = await leastDisturbed(what, () => measure(python, network, cell, options));
          const row = { ...rowOf(cell, options.workers, value), stolen };
          console.error(`${what}: ${formatSpread(row.allStepMs, 2)} ms`);
          rows.push(row);
        }
      }
    });
  }
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log(
    `PyTorch DDP on gloo, ${options.workers} workers, one core and thread each, no encryption, no optimizer; step ` +
      'time, ms, median [least-most]; MB and CPU of one worker and step\n',
  );
  console.log(
    formatTable(
      ['link', 'gradient', 'variant', 'step', 'efficiency', 'sent MB', 'cpu ms', 'stolen'],
      rows.map(columns),
    ),
  );
}

/** Says in one line why there is no race, and lets the command end with code 1. */
export async function pyTorchOrReason(): Promise<string | undefined> {
  try {
    return await pyTorch();
  } catch (error) {
    if (!(error instanceof PyTorchUnavailableError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
    return undefined;
  }
}

/** The same for the right to make network namespaces. */
export function isRoot(): boolean {
  if (process.getuid?.() === 0) return true;
  console.error('links of limited rate are network namespaces, which need root: run this as root');
  process.exitCode = 1;
  return false;
}

function columns(row: MeasuredRow<PeerRow>): string[] {
  return [
    row.rate,
    row.size,
    row.codec,
    formatSpread(row.allStepMs, 2),
    row.efficiency === null ? '-' : row.efficiency.toFixed(2),
    (row.wireBytes / 1e6).toFixed(3),
    (row.cpuSeconds * 1000).toFixed(1),
    percent(row.stolen),
  ];
}

function rowOf({ rate, size, variant }: Cell, workers: number, ranks: readonly RankFigures[]): PeerRow {
  const allStepMs = ranks[0]?.stepMs ?? [];
  const mean = (of: (rank: RankFigures) => number): number =>
    ranks.reduce((sum, rank) => sum + of(rank), 0) / ranks.length;
  const wireBytes = mean((rank) => rank.wireBytes);
  const middle = median(allStepMs);
  const bits = bitsPerMs(rate);
  return {
    codec: `pytorch-${variant}`,
    size,
    rate,
    workers,
    stepMs: { median: middle, min: Math.min(...allStepMs), max: Math.max(...allStepMs) },
    allStepMs,
    wireBytes,
    cpuSeconds: mean((rank) => rank.cpuSeconds),
    efficiency: bits === undefined ? null : (wireBytes * 8) / bits / middle,
  };
}

function bitsPerMs(rate: string): number | undefined {
  const [, number, unit] = /^([\d.]+)(mbit|gbit)$/.exec(rate) ?? [];
  return number === undefined ? undefined : Number(number) * (unit === 'gbit' ? 1e6 : 1e3);
}

function valuesOf(size: string): number {
  const [, megabytes] = /^([\d.]+)MB$/i.exec(size) ?? [];
  if (megabytes === undefined) throw new RangeError(`--sizes: "${size}" is no size such as 4MB or 0.4MB`);
  return Math.round((Number(megabytes) * 1e6) / Float32Array.BYTES_PER_ELEMENT);
}

async function measure(
  python: string,
  network: ShapedNetwork,
  { size, variant }: Cell,
  { workers, seconds }: PeersOptions,
): Promise<RankFigures[]> {
  const script = join(peersFolder, 'ddp_step.py');
  const values = valuesOf(size);
  const ranks = Array.from({ length: workers }, (_, rank) => {
    const args = [rank, workers, network.addresses[0], INTERFACE, variant, values, seconds].map(String);
    return runPinned([...network.inside(rank), ...onCore(rank), python, script, ...args]);
  });
  const [first] = await Promise.all(ranks);
  return JSON.parse(first ?? '[]') as RankFigures[];
}
