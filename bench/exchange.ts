import { describeMachine, machineLine } from './machine.ts';
import { runCell, type ExchangeCell, type MeasuredRow } from './exchange-cell.ts';
import { withShapedNetwork } from './shaped-network.ts';
import { leastDisturbed, percent } from './stolen-time.ts';
import { formatSpread, formatTable } from './table.ts';

export interface ExchangeBenchOptions {
  /** Comma separated, as `tc` takes them; `none`: not limited. */
  readonly rate: string;
  /** Comma separated, of the float32 gradient, such as `4MB`. */
  readonly sizes: string;
  readonly workers: number;
  /** Comma separated names of `CODECS`. */
  readonly codecs: string;
  readonly tls: 'on' | 'off';
  readonly optimizer: string;
  /** Measured steps of every cell; by default fewer for larger gradients. */
  readonly steps?: number;
  readonly output: 'table' | 'json';
}

/**
 * The exchange as it is in production, workers in network namespaces on a link of limited rate: everything of a step
 * but the gradient, which is synthetic, the same every step, and taken off the step's time.
 */
export async function benchExchange(options: ExchangeBenchOptions): Promise<void> {
  const machine = describeMachine();
  const rows: MeasuredRow[] = [];
  for (const rate of options.rate.split(',')) {
    await withShapedNetwork(rate, options.workers, async (network) => {
      for (const cell of cellsOf(options, rate)) {
        const what = `${rate} ${cell.size} ${cell.codec}`;
        const { value, stolen } = await leastDisturbed(what, () => runCell(cell, network));
        rows.push({ ...value, stolen });
      }
    });
  }
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log(
    `${options.workers} workers, one core each, TLS ${options.tls}, ${options.optimizer}; step time without the ` +
      'gradient, ms, median [least-most]; phases: medians of rank 0; MB and CPU of one worker and ' +
      "step; stolen: share of the cores' time that the host took\n",
  );
  console.log(
    formatTable(
      HEADER,
      rows.map((row) => columns(row, rows)),
    ),
  );
}

const PHASES = ['encode', 'barrier', 'push', 'pull', 'apply'] as const;
const HEADER = [
  'link',
  'gradient',
  'codec',
  'step',
  'of float32',
  'efficiency',
  'sent MB',
  'cpu ms',
  ...PHASES,
  'memory MB',
  'stolen',
];

function columns(row: MeasuredRow, rows: readonly MeasuredRow[]): string[] {
  const float32 = rows.find(
    ({ codec, size, rate }) => codec === 'float32' && size === row.size && rate === row.rate,
  );
  return [
    row.rate,
    row.size,
    row.codec,
    formatSpread(row.allStepMs, 2),
    float32 === undefined ? '-' : `${(float32.stepMs.median / row.stepMs.median).toFixed(2)}x`,
    row.efficiency === null ? '-' : row.efficiency.toFixed(2),
    (row.wireBytes / 1e6).toFixed(3),
    (row.cpuSeconds * 1000).toFixed(1),
    ...PHASES.map((phase) => row.phases[phase].toFixed(2)),
    (row.memoryGrowthBytes / 1e6).toFixed(0),
    percent(row.stolen),
  ];
}

/** A size that is no number of megabytes, or a codec that does not exist. */
class BenchOptionError extends Error {
  override readonly name = 'BenchOptionError';
}

function cellsOf(options: ExchangeBenchOptions, rate: string): ExchangeCell[] {
  const { workers, optimizer, tls } = options;
  return options.sizes.split(',').flatMap((size) =>
    options.codecs.split(',').map((codec) => {
      const megabytes = megabytesOf(size);
      const steps = options.steps ?? defaultSteps(megabytes, codec);
      return { rate, size, megabytes, codec, workers, optimizer, tls: tls === 'on', steps };
    }),
  );
}

function megabytesOf(size: string): number {
  const [, number] = /^([\d.]+)MB$/i.exec(size) ?? [];
  if (number === undefined) throw new BenchOptionError(`--sizes: ${size} is no size such as 4MB or 0.4MB`);
  return Number(number);
}

/** A few seconds of each cell at 1 Gbit. */
function defaultSteps(megabytes: number, codec: string): number {
  const wanted = Math.round((codec.startsWith('float') ? 600 : 2400) / megabytes);
  return Math.min(Math.max(wanted, 9), 400);
}
