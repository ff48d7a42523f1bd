import { ExitCode } from '../../crds/exit-codes.ts';
import { brokenRules } from '../../crds/rules/check-rules.ts';
import type { LocalJob } from './local-job.ts';

/** The running job is not given this size. The message says what is allowed. */
export class ScaleRefusedError extends Error {
  readonly code = 'SCALE_REFUSED';
  readonly exitCode = ExitCode.badConfiguration;
  override readonly name = 'ScaleRefusedError';
}

/** A job with another size. @throws ScaleRefusedError where the job must not have it. */
export function resized(job: LocalJob, replicas: number): LocalJob {
  const { name } = job.metadata;
  const { elastic } = job.spec.workers;
  if (elastic === undefined) {
    throw new ScaleRefusedError(
      `the job ${name} keeps its ${job.spec.workers.replicas} workers: it was started without spec.workers.elastic, which gives the bounds`,
    );
  }
  const { minReplicas, maxReplicas } = elastic;
  if (!Number.isInteger(replicas) || replicas < minReplicas || replicas > maxReplicas) {
    throw new ScaleRefusedError(
      `the job ${name} cannot have ${replicas} workers: spec.workers.elastic allows ${minReplicas} to ${maxReplicas}`,
    );
  }
  const spec = { ...job.spec, workers: { ...job.spec.workers, replicas } };
  const [broken] = brokenRules(spec);
  if (broken !== undefined) {
    throw new ScaleRefusedError(
      `the job ${name} cannot have ${replicas} workers: ${broken.path.join('.')} ${broken.message}`,
    );
  }
  return { ...job, spec };
}

/** How many ranks a job may ever have: what is prepared per rank is prepared for all of them. */
export function mostRanks({ spec }: Pick<LocalJob, 'spec'>): number {
  return spec.workers.elastic?.maxReplicas ?? spec.workers.replicas;
}
