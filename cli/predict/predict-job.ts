import { availableParallelism } from 'node:os';
import type { ResolvedJob } from '../../crds/job.ts';
import type { CodingCosts, StepCosts } from '../../trainer/predict/costs.ts';
import type { Link } from '../../trainer/predict/link.ts';
import type { CliContext } from '../context.ts';
import { modelTensors } from '../explain/model-tensors.ts';
import { measureCodecs } from './codec-time.ts';
import { measureGradient } from './gradient-time.ts';
import { predictRow, type PredictedRow } from './prediction.ts';
import { measureTransport } from './transport-time.ts';

export interface PredictOptions {
  readonly link: Link;
  readonly workers: readonly number[];
  /** Every worker's slice, however many there are; absent: the job's batch is shared out. */
  readonly examplesPerWorker?: number | undefined;
  /** Absent: as many as this computer has. */
  readonly coresPerWorker?: number | undefined;
}

/** What `terngrad predict` says. Plain JSON. */
export interface JobPrediction {
  readonly job: string;
  readonly parameters: number;
  readonly backend: string;
  readonly link: Link;
  readonly coresPerWorker: number;
  readonly isEncrypted: boolean;
  /** On this computer. */
  readonly costs: StepCosts;
  /** By coding, over the whole gradient with two workers, milliseconds of one core. */
  readonly codings: Readonly<Record<string, CodingCosts>>;
  readonly rows: readonly PredictedRow[];
}

/** The entry of this folder: it loads kernels and TensorFlow.js. Takes some ten seconds. */
export async function predictJob(
  job: ResolvedJob,
  baseDirectory: string,
  options: PredictOptions,
  context: Pick<CliContext, 'workerArguments' | 'connect'>,
  tell: (what: string) => void,
): Promise<JobPrediction> {
  const { spec } = job;
  const { link, workers, examplesPerWorker } = options;
  const coresPerWorker = options.coresPerWorker ?? availableParallelism();
  const slice = examplesPerWorker ?? Math.ceil(spec.training.batchSize / spec.workers.replicas);
  tell(`measuring gradients of ${slice} examples`);
  const { backend, ...gradient } = await measureGradient(job, baseDirectory, slice, context);
  tell('measuring codecs');
  const tensors = await modelTensors(job, baseDirectory);
  const { codings, ...vectorCosts } = await measureCodecs(tensors, spec);
  tell('measuring the transport');
  const transport = await measureTransport(spec.tls.enabled);
  const costs: StepCosts = { gradient, ...vectorCosts, transport };
  const examplesPerStep = (members: number): number =>
    examplesPerWorker === undefined ? spec.training.batchSize : examplesPerWorker * members;
  const facts = { costs, codings, link, coresPerWorker, examplesPerStep };
  return {
    job: job.metadata.name,
    parameters: tensors.reduce((sum, { size }) => sum + size, 0),
    backend,
    link,
    coresPerWorker,
    isEncrypted: spec.tls.enabled,
    costs,
    codings: Object.fromEntries(codings.map((coding) => [coding.name, coding.costs(2)])),
    rows: workers.map((count) => predictRow(facts, count)),
  };
}
