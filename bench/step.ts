import type { TernGradJob } from '../crds/index.ts';
import type { RunResult } from '../operator/local/run-result.ts';
import { describeMachine, machineLine } from './machine.ts';
import { runJob } from './run-job.ts';
import { formatTable } from './table.ts';
import { wireSettings } from './wire-settings.ts';

export interface StepBenchOptions {
  readonly workers: number;
  readonly steps: number;
  readonly codecs: string;
  readonly backend: string;
  readonly output: 'table' | 'json';
}

type BackendChoice = NonNullable<TernGradJob['spec']['workers']>['backend'];

const phases = ['compute', 'encode', 'barrier', 'push', 'pull', 'apply', 'beyondCompute', 'total'] as const;

/** Where the time of a LeNet step goes, by codec; medians over all steps of one run each. */
export async function benchStep(options: StepBenchOptions): Promise<void> {
  const machine = describeMachine();
  const rows: { codec: string; result: RunResult }[] = [];
  for (const codec of options.codecs.split(',')) {
    rows.push({ codec, result: await runJob(lenetJob(codec, options)) });
  }
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, workers: options.workers, steps: options.steps, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log(
    `LeNet 1.256M, batch 64, ${options.workers} workers, ${options.steps} steps, loopback, TLS; medians, ms\n`,
  );
  console.log(
    formatTable(
      ['codec', 'backend', ...phases],
      rows.map(({ codec, result }) => [
        codec,
        result.backend ?? '-',
        ...phases.map((phase) => result.stepMs?.[phase].toFixed(2) ?? '-'),
      ]),
    ),
  );
}

function lenetJob(codec: string, { workers, steps, backend }: StepBenchOptions): TernGradJob {
  return {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name: `bench-step-${codec}` },
    spec: {
      workers: { replicas: workers, backend: backend as BackendChoice },
      program: { name: 'lenet' },
      // The time of a step does not depend on how many examples wait for later ones; the load time does.
      data: { name: 'mnist', testLimit: 100 },
      training: { steps, batchSize: 64 },
      ...wireSettings(codec),
    },
  };
}
