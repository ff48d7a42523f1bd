import type { ComputeThreadInput } from './compute-client.ts';
import type { TrainedModel } from './run-compute-thread.ts';
import { runComputeThread } from './run-compute-thread.ts';
import { openBackend } from '../compute/backend.ts';
import { createModelRuntime } from '../compute/model-runtime.ts';
import { createDataSource } from '../data/datasets.ts';
import { createProgramContext } from '../programs/context.ts';
import { loadDataset } from '../programs/load-dataset.ts';
import { loadProgram } from '../programs/load.ts';

/** Entry of the compute thread: backend, the job's program with its data, then the steps. */
await runComputeThread(openModel);

async function openModel({ spec, baseDirectory }: ComputeThreadInput): Promise<TrainedModel> {
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
