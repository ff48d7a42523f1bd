import type { ResolvedJob } from '../../crds/job.ts';
import { openBackend } from '../../trainer/compute/backend.ts';
import { createModelRuntime } from '../../trainer/compute/model-runtime.ts';
import { createDataSource } from '../../trainer/data/datasets.ts';
import { createProgramContext } from '../../trainer/programs/context.ts';
import { loadProgram } from '../../trainer/programs/load.ts';
import type { TensorSpec } from '../../trainer/ternary/layout.ts';

/** Builds the job's model and looks at its weights. Nothing is trained and no data are read. */
export async function modelTensors(job: ResolvedJob, baseDirectory: string): Promise<readonly TensorSpec[]> {
  const { program: reference, data, training } = job.spec;
  const { backend } = await openBackend('cpu', { threads: 1 });
  const program = await loadProgram(reference, baseDirectory);
  const context = createProgramContext({
    tf: backend.tf,
    seed: training.seed,
    parameters: reference.parameters,
    data: createDataSource(data, training.seed, baseDirectory),
  });
  const runtime = await createModelRuntime({ backend, program, context });
  try {
    return runtime.tensors;
  } finally {
    runtime.dispose();
  }
}
