import { readFileSync } from 'node:fs';
import { WorkerEnvironment } from '../../crds/worker-environment.ts';
import type { Open } from './messages.ts';
import type { TrainedModel } from './run-compute-thread.ts';
import { runComputeThread } from './run-compute-thread.ts';
import { openBackend, preloadBackend } from '../compute/backend.ts';
import { createModelRuntime } from '../compute/model-runtime.ts';
import { createDataSource } from '../data/datasets.ts';
import { createProgramContext } from '../programs/context.ts';
import { loadDataset } from '../programs/load-dataset.ts';
import { loadProgram } from '../programs/load.ts';

/** The compute thread's work: backend, the job's program with its data, then the steps. */
export function computeSteps(): Promise<void> {
  preloadBackend(likelyBackend());
  return runComputeThread(openModel);
}

/** What the job file asks for. It is read and checked on the I/O thread meanwhile, which says what is wrong with it. */
function likelyBackend(): unknown {
  try {
    const job: unknown = JSON.parse(readFileSync(process.env[WorkerEnvironment.jobFile] ?? '', 'utf8'));
    return (job as { spec?: { workers?: { backend?: unknown } } }).spec?.workers?.backend;
  } catch {
    return undefined;
  }
}

async function openModel({ spec, baseDirectory }: Open): Promise<TrainedModel> {
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
  return { tf, runtime, dataset, backend: backend.description, notes };
}
