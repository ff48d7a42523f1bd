import type { ResolvedJob } from '../../crds/job.ts';
import { runLocally } from '../../operator/local/run-locally.ts';
import type { StepCosts } from '../../trainer/predict/costs.ts';
import type { CliContext } from '../context.ts';
import { UserError } from '../user-error.ts';

export interface GradientTime extends Readonly<StepCosts['gradient']> {
  readonly backend: string;
}

const STEPS = 16;
/** Far enough from each other that their difference shows what an example costs. */
const SMALLER = 4;

/**
 * Real gradient steps of the job's program, in a worker process with the job's backend and threads, for two sizes of a worker's
 * slice. Nothing is saved, and nobody is asked.
 */
export async function measureGradient(
  job: ResolvedJob,
  baseDirectory: string,
  examples: number,
  context: Pick<CliContext, 'workerArguments' | 'connect'>,
): Promise<GradientTime> {
  const fewer = Math.max(1, Math.floor(examples / SMALLER));
  const large = await stepOf(job, baseDirectory, examples, context);
  if (fewer === examples) return { ...large, fixedMs: large.ms, perExampleMs: 0 };
  const small = await stepOf(job, baseDirectory, fewer, context);
  const perExampleMs = Math.max(0, (large.ms - small.ms) / (examples - fewer));
  return { backend: large.backend, perExampleMs, fixedMs: Math.max(0, large.ms - perExampleMs * examples) };
}

async function stepOf(
  job: ResolvedJob,
  baseDirectory: string,
  batchSize: number,
  context: Pick<CliContext, 'workerArguments' | 'connect'>,
): Promise<{ readonly ms: number; readonly backend: string }> {
  const never = new AbortController().signal;
  const { result } = await runLocally(
    alone(job, batchSize),
    {
      workerArguments: context.workerArguments(),
      baseDirectory,
      logLevel: 'error',
      connect: context.connect,
    },
    {},
    { stop: never, kill: never },
  );
  const { phase, reason, message, stepMs, backend } = result;
  if (phase !== 'Succeeded' || stepMs === undefined || stepMs === null) {
    throw new UserError(`the job's own steps could not be measured (${reason}): ${message}`);
  }
  return { ms: stepMs.compute, backend: backend ?? 'unknown' };
}

/** A few steps of the job on one worker. */
function alone({ spec, ...job }: ResolvedJob, batchSize: number): ResolvedJob {
  const { checkpoint: _, output: _output, managedBy: _managedBy, ...others } = spec;
  const { elastic: _elastic, ...workers } = spec.workers;
  const { epochs: _epochs, ...training } = spec.training;
  return {
    ...job,
    spec: {
      ...others,
      suspend: false,
      workers: { ...workers, replicas: 1 },
      data: { ...spec.data, testLimit: 1 },
      training: {
        ...training,
        steps: STEPS,
        batchSize,
        learningRate: { ...training.learningRate, warmupSteps: 0 },
        evaluation: { ...training.evaluation, everySteps: 0 },
      },
      compression: { ...spec.compression, codec: 'float32' },
    },
  };
}
