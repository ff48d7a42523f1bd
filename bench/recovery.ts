import type { TernGradJob } from '../crds/index.ts';
import { median } from '../trainer/step/figures.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatTable } from './table.ts';
import { watchRun } from './watched-run.ts';

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

/**
 * How long training pauses when a worker is killed: LeNet on this computer, the last worker and rank 0 in turn, each
 * replaced at once. The pause is what users see: from one confirmed step to the next.
 */
export async function benchRecovery(options: RecoveryBenchOptions): Promise<void> {
  const machine = describeMachine();
  const losses: Loss[] = [];
  await watchRun(lenetJob(options), async (run) => {
    for (let round = 0; round < options.rounds; round++) {
      for (const rank of [options.workers - 1, 0]) {
        const survivor = rank === 0 ? 1 : 0;
        await run.untilTraining(survivor);
        losses.push({ rank, pauseMs: await run.pauseOf(rank, survivor) });
        console.error(`round ${round + 1}: rank ${rank} killed, ${losses.at(-1)?.pauseMs.toFixed(0)} ms`);
      }
    }
  });
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
