import { parentPort } from 'node:worker_threads';
import type { ModelRuntime } from '../compute/model-runtime.ts';
import { createOptimizer } from '../compute/optimizer/optimizer.ts';
import type { TensorFlow } from '../compute/tensorflow.ts';
import { failureOf } from '../failure.ts';
import type { Dataset } from '../programs/program.ts';
import { createSmoothOut } from '../regularize/smooth-out.ts';
import { loadKernels } from '../ternary/kernels.ts';
import { createCodecs } from './codecs.ts';
import { MOST_AVERAGED_VALUES } from './averaged-non-trainable.ts';
import { ComputeLoop } from './compute-loop.ts';
import { forgetScalers } from './delayed-scalers.ts';
import { Mailbox } from './mailbox.ts';
import { allocateStepMemory } from './memory.ts';
import type { FromCompute, Open, ToCompute } from './messages.ts';
import { createScalerFinder } from './scaler-finder.ts';
import { StateVectors } from './state-vectors.ts';
import { planStep, type StepPlan } from './step-plan.ts';

/** What the steps train: all of a worker that has to do with a backend's tensors. */
export interface TrainedModel {
  readonly tf: TensorFlow;
  readonly runtime: ModelRuntime;
  readonly dataset: Dataset;
  /** For the log, as all notes are. */
  readonly backend: string;
  readonly notes: string[];
}

/**
 * The compute thread from start to end: opens the model, lays out the memory, then runs the steps.
 * @param onPost sees what is said to the I/O thread: for measurements.
 */
export async function runComputeThread(
  open: (job: Open) => Promise<TrainedModel>,
  onPost: (message: FromCompute) => void = () => undefined,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('the compute thread is started by the worker process, not by hand');
  const post = (message: FromCompute): void => {
    onPost(message);
    port.postMessage(message);
  };
  const inbox = new Mailbox<ToCompute>();
  port.on('message', (message: ToCompute) => inbox.deliver(message));
  try {
    const job = await inbox.next('open');
    await compute(job, await open(job), inbox, post);
  } catch (error) {
    post({ type: 'failed', ...failureOf(error) });
  }
  // The open port keeps the thread alive until the I/O thread has read the last word and terminates it.
}

async function compute(
  { spec, rank }: Open,
  { tf, runtime, dataset, backend, notes }: TrainedModel,
  inbox: Mailbox<ToCompute>,
  post: (message: FromCompute) => void,
): Promise<void> {
  const { nonTrainableValues } = runtime;
  const planFor = (members: number): StepPlan =>
    planStep(runtime.tensors, spec, { examples: dataset.train.count, members, nonTrainableValues });
  const plan = planFor(spec.workers.replicas);
  const memory = allocateStepMemory(plan.memory);
  const kernels = await loadKernels(memory);
  runtime.bind(plan.layout);
  const weights = new Float32Array(memory.buffer, plan.memory.weights, plan.layout.values);
  runtime.exportWeights(weights);
  if (plan.memory.average !== undefined) {
    new Float32Array(memory.buffer, plan.memory.average, plan.layout.values).set(weights);
  }
  forgetScalers(plan, memory);
  const vectors = new StateVectors(memory.buffer as SharedArrayBuffer, plan.memory);
  const optimizer = createOptimizer(
    spec.training.optimizer,
    kernels,
    plan.layout,
    plan.memory.computeScratch,
  );
  if (plan.memory.nonTrainable !== undefined) {
    runtime.exportNonTrainable(new Float32Array(memory.buffer, plan.memory.nonTrainable, nonTrainableValues));
  }
  if (nonTrainableValues > MOST_AVERAGED_VALUES) {
    notes.push(
      `the model has ${nonTrainableValues} non-trainable values, more than the ${MOST_AVERAGED_VALUES} that workers ` +
        'average before an evaluation: each evaluates with its own (equal as far as they are frozen)',
    );
  }
  const initialHash = optimizer.hash(plan.memory.weights, plan.memory.slots);

  post({
    type: 'ready',
    memory,
    tensors: runtime.tensors,
    backend,
    notes,
    nonTrainable: runtime.nonTrainable,
    ...(spec.output?.format === 'tfjs' && { topology: runtime.topology() }),
    examples: dataset.train.count,
    totalSteps: plan.totalSteps,
    signature: plan.signature,
    stateHash: initialHash,
  });
  // While the I/O thread connects, joins, and copies a peer's state.
  runtime.warmUp();
  await new ComputeLoop({
    planFor,
    spec,
    rank,
    tf,
    runtime,
    dataset,
    optimizer,
    smoothOut: createSmoothOut(spec.smoothOut, plan.layout, spec.training.seed),
    kernels,
    codecs: createCodecs(plan, kernels, {
      scratch: plan.memory.computeScratch,
      coder: plan.memory.computeCoder,
    }),
    scalers: createScalerFinder(spec.compression, kernels, plan, vectors),
    vectors,
    initialHash,
    inbox,
    post,
  }).run();
}
