import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelRuntime } from '../trainer/compute/model-runtime.ts';
import { tensorflow } from '../trainer/compute/tensorflow.ts';
import { createRandom } from '../trainer/data/random.ts';
import type { Batch, Dataset } from '../trainer/programs/program.ts';
import type { CompletedStep, FromCompute, Open } from '../trainer/step/messages.ts';
import { runComputeThread } from '../trainer/step/run-compute-thread.ts';
import type { FlatLayout } from '../trainer/ternary/layout.ts';
import { bytesSent } from './shaped-network.ts';
import { FIGURES_FILE, type SyntheticModel, type WorkerFigures } from './synthetic-model.ts';

/** Gaussian values, repeated with a period that is a prime: no two chunks are alike. */
const TABLE_VALUES = 1_000_003;
const SIGMA = 1e-3;

let gradientCpuMicros = 0;

/** A model without a model: every step has the same Gaussian gradient, whose cost is counted apart. */
function syntheticRuntime({ tensors }: SyntheticModel, rank: number): ModelRuntime {
  const table = gaussian(rank);
  let layout: FlatLayout | undefined;
  return {
    tensors,
    nonTrainable: [],
    nonTrainableValues: 0,
    bind: (bound) => (layout = bound),
    gradient(_batch, out, _scale, { onTensor }) {
      const before = process.cpuUsage();
      for (const { offset, size } of layout?.slots ?? []) {
        for (let done = 0; done < size; done += TABLE_VALUES) {
          out.set(table.subarray(0, Math.min(TABLE_VALUES, size - done)), offset + done);
        }
      }
      const { user, system } = process.cpuUsage(before);
      gradientCpuMicros += user + system;
      for (const { index } of layout?.slots.toReversed() ?? []) onTensor?.(index);
      return { loss: 1 };
    },
    warmUp: () => undefined,
    exportWeights: (out) => out.fill(0),
    importWeights: () => undefined,
    topology: () => ({}),
    exportNonTrainable: () => undefined,
    importNonTrainable: () => undefined,
    evaluate: () => ({ examples: 0, lossSum: 0, loss: 0 }),
    dispose: () => undefined,
  };
}

function gaussian(rank: number): Float32Array {
  const random = createRandom({ seed: 1, step: 0, rank, purpose: 'bench' });
  return Float32Array.from({ length: TABLE_VALUES }, () => SIGMA * random.normal());
}

/** As many examples as make every step whole; nothing is in them. */
function emptyDataset(): Dataset {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody looks into it
  const batch = { inputs: {}, targets: {} } as Batch;
  return { train: { count: 1024, batch: () => batch }, test: { count: 0, batch: () => batch } };
}

interface Mark {
  readonly cpuMicros: number;
  readonly sentBytes: number;
}

function mark(): Mark {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system - gradientCpuMicros, sentBytes: bytesSent() };
}

/** Peak and present resident memory, bytes. */
function resident(line: 'VmHWM' | 'VmRSS'): number {
  const [, kilobytes] =
    new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** Notes the steps after the warm-up, and writes their figures down before the last barrier. */
function watchSteps({ spec, baseDirectory }: Open, { warmupSteps }: SyntheticModel) {
  const steps: CompletedStep[] = [];
  let idleBytes = 0;
  let start: Mark | undefined;
  return (message: FromCompute): void => {
    if (message.type === 'ready') idleBytes = resident('VmRSS');
    if (message.type !== 'contribution') return;
    const { step, previous } = message;
    if (previous !== undefined && previous.step >= warmupSteps) steps.push(previous);
    if (step === warmupSteps) start = mark();
    if (step === spec.training.steps && start !== undefined) {
      const end = mark();
      const figures: WorkerFigures = {
        steps,
        cpuSeconds: (end.cpuMicros - start.cpuMicros) / 1e6 / steps.length,
        wireBytes: (end.sentBytes - start.sentBytes) / steps.length,
        memoryGrowthBytes: resident('VmHWM') - idleBytes,
      };
      writeFileSync(join(baseDirectory, FIGURES_FILE), JSON.stringify(figures));
    }
  };
}

let watch: ((message: FromCompute) => void) | undefined;
await runComputeThread(
  (job) => {
    // The job's `program.parameters` carry what only this measurement knows.
    const model = JSON.parse(String(job.spec.program.parameters['synthetic'])) as SyntheticModel;
    watch = watchSteps(job, model);
    return Promise.resolve({
      tf: tensorflow,
      runtime: syntheticRuntime(model, job.rank),
      dataset: emptyDataset(),
      backend: 'synthetic gradients',
      notes: [],
    });
  },
  (message) => watch?.(message),
);
