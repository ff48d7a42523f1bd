import { ExitCode } from '../../crds/exit-codes.ts';
import type { ResolvedJob } from '../../crds/job.ts';

class SuspendedJobError extends Error {
  readonly code = 'SUSPENDED_JOB';
  readonly exitCode = ExitCode.badConfiguration;
  override readonly name = 'SuspendedJobError';

  constructor() {
    super(
      'spec.suspend is true: nobody could set it back on this computer, and nothing would run; set it to false, or leave it out',
    );
  }
}

/**
 * One line about the fields that a local run leaves aside; undefined when there are none.
 * @throws SuspendedJobError for a job that is not to run now.
 */
export function clusterOnlyNote({ spec }: ResolvedJob): string | undefined {
  if (spec.suspend) throw new SuspendedJobError();
  const asked = [
    ...(spec.workers.gpusPerWorker === 0 ? [] : ['spec.workers.gpusPerWorker']),
    ...(spec.workers.template === undefined ? [] : ['spec.workers.template (except literal env)']),
    ...(spec.cleanPodPolicy === 'running' ? [] : ['spec.cleanPodPolicy']),
    ...(spec.ttlSecondsAfterFinished === undefined ? [] : ['spec.ttlSecondsAfterFinished']),
    ...(spec.managedBy === undefined ? [] : ['spec.managedBy']),
  ];
  return asked.length === 0 ? undefined : `${asked.join(', ')}: no effect in a local run`;
}
