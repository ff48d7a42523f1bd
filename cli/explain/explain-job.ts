import type { ResolvedJob } from '../../crds/job.ts';
import type { Explanation } from './explanation.ts';
import { explain } from './explanation.ts';
import { modelTensors } from './model-tensors.ts';

/** The entry of this folder. It loads TensorFlow.js, so it is imported only when a job is to be explained. */
export async function explainJob(job: ResolvedJob, baseDirectory: string): Promise<Explanation> {
  return explain(job, await modelTensors(job, baseDirectory));
}
