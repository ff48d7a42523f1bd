import type { TernGradJob } from '../crds/index.ts';
import type { RunResult } from '../operator/local/run-result.ts';
import { describeMachine, machineLine } from './machine.ts';
import { runJob } from './run-job.ts';
import { formatTable } from './table.ts';

export interface AccuracyBenchOptions {
  readonly workers: number;
  readonly steps: number;
  readonly seeds: string;
  readonly codecs: string;
  readonly output: 'table' | 'json';
}

type Codec = NonNullable<NonNullable<TernGradJob['spec']['compression']>['codec']>;

interface AccuracyRow {
  readonly codec: string;
  readonly seed: number;
  readonly result: RunResult;
}

/**
 * The paper's MNIST setting: LeNet, total batch 64, momentum 0.9, learning rate 0.01 with polynomial decay of power 0.5
 * to 0, weight decay 5e-4. Test accuracy by codec and seed.
 */
export async function benchAccuracy(options: AccuracyBenchOptions): Promise<void> {
  const machine = describeMachine();
  const rows: AccuracyRow[] = [];
  for (const seed of options.seeds.split(',').map(Number)) {
    for (const codec of options.codecs.split(',')) {
      const result = await runJob(lenetJob(codec as Codec, seed, options));
      rows.push({ codec, seed, result });
      const { testAccuracy, samplesPerSecond } = result;
      console.error(
        `${codec} seed ${seed}: accuracy ${percent(testAccuracy)}, ${samplesPerSecond?.toFixed(0)} samples/s`,
      );
    }
  }
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, ...options, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log(
    `LeNet on MNIST, batch 64, momentum 0.9, rate 0.01 polynomial, weight decay 5e-4, ` +
      `${options.workers} workers, ${options.steps} steps; backend ${rows[0]?.result.backend ?? '-'}\n`,
  );
  console.log(
    formatTable(
      ['codec', 'seed', 'test accuracy', 'final loss', 'bytes raw/wire', 'equal weights on all ranks'],
      rows.map(({ codec, seed, result }) => [
        codec,
        String(seed),
        percent(result.testAccuracy),
        result.loss?.toFixed(5) ?? '-',
        result.compressionRatio?.toFixed(2) ?? '-',
        String(new Set(result.weightsHashes).size === 1),
      ]),
    ),
  );
  for (const codec of options.codecs.split(',')) {
    const accuracies = rows.filter((row) => row.codec === codec).map((row) => row.result.testAccuracy ?? 0);
    const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;
    console.log(`mean ${codec}: ${percent(mean)}`);
  }
}

function percent(fraction: number | null): string {
  return fraction === null ? '-' : `${(fraction * 100).toFixed(2)} %`;
}

function lenetJob(codec: Codec, seed: number, { workers, steps }: AccuracyBenchOptions): TernGradJob {
  return {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name: `bench-accuracy-${codec}-${seed}` },
    spec: {
      workers: { replicas: workers },
      program: { name: 'lenet' },
      training: {
        steps,
        batchSize: 64,
        seed,
        optimizer: { name: 'momentum', momentum: 0.9 },
        learningRate: { initial: 0.01, schedule: 'polynomial', power: 0.5 },
        weightDecay: 5e-4,
      },
      compression: { codec },
      // Accuracy does not depend on encryption either, and the float32 runs are long as they are.
      tls: { enabled: false },
      // An hour-long run on a shared machine may stall; accuracy does not depend on time.
      exchange: { stepDeadlineSeconds: 3600, peerLossSeconds: 3600 },
    },
  };
}
