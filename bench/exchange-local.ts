import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createAuthority } from '../operator/pki/authority.ts';
import { freePort } from '../trainer/exchange/testing/free-port.ts';
import { credentialsOf } from './credentials-of.ts';
import type { MemberFigures, MemberOrder } from './exchange-member.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatTable } from './table.ts';

export interface ExchangeBenchOptions {
  readonly output: 'table' | 'json';
  /** Number of processes. Default 2. */
  readonly workers?: number;
  /** Timed steps per case. Default 300. */
  readonly steps?: number;
}

interface Case {
  readonly name: string;
  readonly chunks: number;
  readonly values: number;
  readonly pushBytes: number;
  readonly pullBytes: number;
  readonly tls: boolean;
}

/** Caffe's LeNet, 1.256 M values in 16 chunks: 5 trits per byte out, sums in {0..4} 3 per byte back; and float32. */
const LENET = { chunks: 16, values: 78_480 };
const TERNARY = { pushBytes: 15_696, pullBytes: 26_160 };
const FLOAT32 = { pushBytes: LENET.values * 4, pullBytes: LENET.values * 4 };
const CASES: readonly Case[] = [
  { name: 'lenet ternary, TLS', ...LENET, ...TERNARY, tls: true },
  { name: 'lenet ternary, plain', ...LENET, ...TERNARY, tls: false },
  { name: 'lenet float32, TLS', ...LENET, ...FLOAT32, tls: true },
];

/**
 * Barrier and exchange alone, between processes on this computer: everything is encoded at once and summing is a copy,
 * so what is timed is gRPC, TLS and our bookkeeping.
 */
export async function benchExchangeLocal(options: ExchangeBenchOptions): Promise<void> {
  const { output, workers = 2, steps = 300 } = options;
  const machine = describeMachine();
  const rows: { readonly name: string; readonly figures: readonly MemberFigures[] }[] = [];
  for (const bench of CASES) rows.push({ name: bench.name, figures: await runCase(bench, workers, steps) });
  if (output === 'json') {
    console.log(JSON.stringify({ machine, workers, steps, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log(`${workers} processes over loopback, ${steps} steps, milliseconds of rank 0\n`);
  console.log(
    formatTable(
      [
        'case',
        'barrier p50',
        'step p50',
        'step p95',
        'cpu ms/step',
        'raw/wire',
        'wire KiB/step',
        'transport/wire',
      ],
      rows.map(({ name, figures }) => [name, ...columns(figures[0], steps)]),
    ),
  );
}

function columns(figures: MemberFigures | undefined, steps: number): string[] {
  if (figures === undefined) return [];
  return [
    quantile(figures.barrierMs, 0.5).toFixed(2),
    quantile(figures.stepMs, 0.5).toFixed(2),
    quantile(figures.stepMs, 0.95).toFixed(2),
    figures.cpuMsPerStep.toFixed(2),
    (figures.sentRawBytes / figures.sentWireBytes).toFixed(2),
    (figures.sentWireBytes / 1024 / (steps + WARMUP_STEPS)).toFixed(0),
    (figures.transportBytes / figures.sentWireBytes).toFixed(4),
  ];
}

const WARMUP_STEPS = 100;

async function runCase(bench: Case, workers: number, steps: number): Promise<MemberFigures[]> {
  const coordinatorAddress = `127.0.0.1:${await freePort()}`;
  const notAfter = new Date(Date.now() + 3_600_000);
  const authority = await createAuthority('bench', { notAfter });
  const { tls, chunks, values, pushBytes, pullBytes } = bench;
  const orders = Array.from({ length: workers }, async (_, rank): Promise<MemberOrder> => {
    const credentials = tls ? await credentialsOf(authority, rank) : undefined;
    const sizes = { chunks, values, pushBytes, pullBytes };
    return {
      rank,
      replicas: workers,
      coordinatorAddress,
      credentials,
      steps,
      warmupSteps: WARMUP_STEPS,
      ...sizes,
    };
  });
  return Promise.all((await Promise.all(orders)).map(runProcess));
}

function runProcess(order: MemberOrder): Promise<MemberFigures> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./exchange-member.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
    });
    child.once('error', reject);
    child.once('message', (figures: MemberFigures) => resolve(figures));
    child.once('exit', (code) =>
      reject(new Error(`the process of rank ${order.rank} ended with code ${code}`)),
    );
    child.send(order);
  });
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
