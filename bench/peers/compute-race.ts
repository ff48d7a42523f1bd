import { join } from 'node:path';
import type { TernGradJob } from '../../crds/index.ts';
import { runJob } from '../run-job.ts';
import { formatSpread, formatTable, median } from '../table.ts';
import { onCore, runPinned } from './pinned.ts';
import { peersFolder } from './pytorch.ts';

const MODELS = ['lenet', 'cifarnet', 'mlp'] as const;
const LAYOUTS = ['contiguous', 'channels_last'] as const;
const BATCH = 64;

type Model = (typeof MODELS)[number];

/** Medians of a step, milliseconds, one for each process. */
export interface ComputeRaceRow {
  readonly model: Model;
  /** A whole job of one worker: batch, import of weights, gradient, its export, statistics, encode, update. */
  readonly wholeStepMs: number[];
  /** The part of it that is TensorFlow's and the way in and out. */
  readonly computeMs: number[];
  /** PyTorch: batch, gradient, momentum update; its default layout of images, and the other. */
  readonly pyTorchMs: Readonly<Record<(typeof LAYOUTS)[number], number[]>>;
}

/** A worker of ours against PyTorch, one thread each, in turn. */
export async function raceCompute(
  python: string,
  models: readonly string[],
  steps: number,
  rounds: number,
): Promise<ComputeRaceRow[]> {
  const rows = MODELS.filter((model) => models.includes(model)).map((model): ComputeRaceRow => ({
    model,
    wholeStepMs: [],
    computeMs: [],
    pyTorchMs: { contiguous: [], channels_last: [] },
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { model, wholeStepMs, computeMs, pyTorchMs } of rows) {
      const { stepMs } = await runJob(jobOf(model, steps));
      if (stepMs === null || stepMs === undefined) throw new Error(`the run of ${model} has no step times`);
      wholeStepMs.push(stepMs.total);
      computeMs.push(stepMs.compute);
      for (const layout of LAYOUTS) pyTorchMs[layout].push(await pyTorchStep(python, model, steps, layout));
    }
  }
  return rows;
}

export function raceTable(rows: readonly ComputeRaceRow[]): string {
  return formatTable(
    [
      'model',
      'ours',
      'of it compute',
      'PyTorch',
      'PyTorch, channels last',
      'ours / PyTorch',
      'ours / channels last',
    ],
    rows.map(({ model, wholeStepMs, computeMs, pyTorchMs: { contiguous, channels_last: channelsLast } }) => [
      model,
      formatSpread(wholeStepMs),
      formatSpread(computeMs),
      formatSpread(contiguous),
      formatSpread(channelsLast),
      (median(wholeStepMs) / median(contiguous)).toFixed(2),
      (median(wholeStepMs) / median(channelsLast)).toFixed(2),
    ]),
  );
}

async function pyTorchStep(python: string, model: Model, steps: number, layout: string): Promise<number> {
  const script = join(peersFolder, 'compute_step.py');
  const printed = await runPinned([
    ...onCore(0),
    python,
    script,
    model,
    String(BATCH),
    String(steps),
    layout,
  ]);
  const { stepMs } = JSON.parse(printed) as { readonly stepMs: number[] };
  return median(stepMs);
}

function jobOf(model: Model, steps: number): TernGradJob {
  return {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name: `bench-compute-${model}` },
    spec: {
      workers: { replicas: 1, backend: 'native' },
      program: { name: model },
      data: { name: 'synthetic', syntheticExamples: 16 * BATCH },
      training: {
        steps,
        batchSize: BATCH,
        optimizer: { name: 'momentum', momentum: 0.9 },
        learningRate: { initial: 0.001 },
      },
      compression: { codec: 'ternary' },
    },
  };
}
