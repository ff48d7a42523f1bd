import type { JobCondition, JobStatus } from '../../../../crds/status.ts';

const TYPE = 'Accepted';

/**
 * The status of a job that cannot be run as it is written. Whatever was known of it stays, as it may have been valid to
 * another version of the operator; the state is never a terminal one, so that it heals when the cause goes.
 */
export function statusOfInvalid(
  previous: JobStatus | undefined,
  message: string,
  generation: number,
  now: Date,
): JobStatus {
  const others = (previous?.conditions ?? []).filter(({ type }) => type !== TYPE);
  const known = previous?.conditions?.find(({ type }) => type === TYPE);
  const condition: JobCondition = {
    type: TYPE,
    status: 'False',
    observedGeneration: generation,
    lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime : now.toISOString(),
    reason: 'InvalidSpec',
    message: message.slice(0, 32_768),
  };
  return {
    ...previous,
    observedGeneration: generation,
    state: previous?.state ?? 'Pending',
    conditions: [...others, condition],
  };
}

/** The stored status still says so; the plan knows nothing of it. */
export function wasInvalid(status: JobStatus | undefined): boolean {
  return status?.conditions?.some(({ type }) => type === TYPE) ?? false;
}
