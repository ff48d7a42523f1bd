import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createAuthority } from '../operator/pki/authority.ts';
import type { Authority } from '../operator/pki/authority.ts';
import { median } from '../trainer/step/figures.ts';
import { credentialsOf } from './credentials-of.ts';
import { describeMachine, machineLine } from './machine.ts';
import { withShapedNetwork, type ShapedNetwork } from './shaped-network.ts';
import type { StateFigures, StateOrder } from './state-member.ts';
import { formatTable } from './table.ts';

export interface StateTransferBenchOptions {
  readonly rates: string;
  readonly sizes: string;
  readonly rounds: number;
  readonly output: 'table' | 'json';
}

interface Row {
  readonly rate: string;
  readonly stateMegabytes: number;
  /**
   * From the wish to join to the formed generation: the copy, and all connections but the one to rank 0, which a worker opens while its
   * model is made.
   */
  readonly formMs: readonly number[];
}

const PORT = 7070;
const MEGABYTE = 1e6;

/** How fast a joiner gets the state of a peer over a link of a given rate, with TLS: two processes, two network namespaces. */
export async function benchStateTransfer(options: StateTransferBenchOptions): Promise<void> {
  const machine = describeMachine();
  const authority = await createAuthority('bench', { notAfter: new Date(Date.now() + 3_600_000) });
  const rows: Row[] = [];
  for (const rate of options.rates.split(',')) {
    await withShapedNetwork(rate, 2, async (link) => {
      for (const stateMegabytes of options.sizes.split(',').map(Number)) {
        const formMs: number[] = [];
        for (let round = 0; round < options.rounds; round++) {
          formMs.push(await transfer(link, authority, stateMegabytes * MEGABYTE));
        }
        rows.push({ rate, stateMegabytes, formMs });
      }
    });
  }
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, ...options, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log(`mutual TLS, one formation of two members, ${options.rounds} rounds; median [least-most]\n`);
  console.log(
    formatTable(
      ['link', 'state MB', 'seconds', 'Mbit/s', "share of the link's rate"],
      rows.map(({ rate, stateMegabytes, formMs }) => {
        const megabits = (stateMegabytes * 8000) / median(formMs);
        const seconds = [median(formMs), Math.min(...formMs), Math.max(...formMs)].map((ms) =>
          (ms / 1000).toFixed(2),
        );
        const limit = megabitsOf(rate);
        return [
          rate,
          String(stateMegabytes),
          `${seconds[0]} [${seconds[1]}-${seconds[2]}]`,
          megabits.toFixed(0),
          limit === undefined ? '-' : `${((100 * megabits) / limit).toFixed(0)} %`,
        ];
      }),
    ),
  );
}

function megabitsOf(rate: string): number | undefined {
  const [, number, unit] = /^(\d+)(mbit|gbit)$/.exec(rate) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * (unit === 'gbit' ? 1000 : 1);
}

async function transfer(link: ShapedNetwork, authority: Authority, stateBytes: number): Promise<number> {
  const sides = [0, 1] as const;
  const [server] = link.addresses;
  const children = sides.map((side) => start(link, side));
  try {
    // Rank 0 first, which the joiner connects to while it has nothing to say yet.
    for (const rank of sides) {
      const child = children[rank] as ChildProcess;
      const order: StateOrder = {
        rank,
        host: link.addresses[rank] as string,
        coordinatorAddress: `${server}:${PORT}`,
        credentials: await credentialsOf(authority, rank),
        stateBytes,
      };
      child.send(order);
      await nextMessage(child);
    }
    const figures = children.map((child) => nextMessage(child));
    for (const child of children) child.send('go');
    const [, joiner] = await Promise.all(figures);
    return (joiner as StateFigures).formMs;
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

function start(link: ShapedNetwork, side: 0 | 1): ChildProcess {
  const [enter, ...enterArgs] = link.inside(side);
  const program = ['--import', 'tsx', fileURLToPath(new URL('./state-member.ts', import.meta.url))];
  return spawn(enter, [...enterArgs, process.execPath, ...program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`a process of the benchmark ended with code ${code}`)));
  });
}
