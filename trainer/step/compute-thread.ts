import { parentPort, workerData } from 'node:worker_threads';
import { openBackend } from '../compute/backend.ts';
import { createModelRuntime } from '../compute/model-runtime.ts';
import { createOptimizer } from '../compute/optimizer/optimizer.ts';
import { createDataSource } from '../data/datasets.ts';
import { failureOf } from '../failure.ts';
import { createProgramContext } from '../programs/context.ts';
import { loadDataset } from '../programs/load-dataset.ts';
import { loadProgram } from '../programs/load.ts';
import { createSmoothOut } from '../regularize/smooth-out.ts';
import { loadKernels } from '../ternary/kernels.ts';
import { createCodecs } from './codecs.ts';
import { MOST_AVERAGED_VALUES } from './averaged-non-trainable.ts';
import type { ComputeThreadInput } from './compute-client.ts';
import { ComputeLoop } from './compute-loop.ts';
import { Mailbox } from './mailbox.ts';
import { allocateStepMemory } from './memory.ts';
import type { FromCompute, ToCompute } from './messages.ts';
import { createScalerFinder } from './scaler-finder.ts';
import { planStep, type StepPlan } from './step-plan.ts';

/** Entry of the compute thread: builds model, data and memory, then runs the steps. */
const port = parentPort;
if (port === null) throw new Error('the compute thread is started by the worker process, not by hand');

const post = (message: FromCompute): void => port.postMessage(message);
const inbox = new Mailbox<ToCompute>();
port.on('message', (message: ToCompute) => inbox.deliver(message));

try {
  await compute(workerData as ComputeThreadInput);
} catch (error) {
  post({ type: 'failed', ...failureOf(error) });
}
// The open port keeps the thread alive until the I/O thread has read the last word and terminates it.

async function compute({ spec, rank, baseDirectory }: ComputeThreadInput): Promise<void> {
  const { backend, notes } = await openBackend(spec.workers.backend, { threads: spec.workers.threads });
  const { tf } = backend;
  const program = await loadProgram(spec.program, baseDirectory);
  const context = createProgramContext({
    tf,
    seed: spec.training.seed,
    parameters: spec.program.parameters,
    data: createDataSource(spec.data, spec.training.seed, baseDirectory),
  });
  const runtime = await createModelRuntime({ backend, program, context });
  const dataset = await loadDataset(program, context);

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
    backend: backend.description,
    notes,
    nonTrainable: runtime.nonTrainable,
    ...(spec.output?.format === 'tfjs' && { topology: runtime.topology() }),
    examples: dataset.train.count,
    totalSteps: plan.totalSteps,
    signature: plan.signature,
    stateHash: initialHash,
  });
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
    scalers: createScalerFinder(spec.compression, kernels, plan),
    initialHash,
    inbox,
    post,
  }).run();
}
