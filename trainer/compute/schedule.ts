import type { JobSpec } from '../../crds/index.ts';

type LearningRateSpec = JobSpec['training']['learningRate'];

/**
 * The learning rate of a step.
 *
 *     step k, 0-based; W = warmupSteps; D = decaySteps, or all steps after the warm-up; r0 = initial
 *     k < W         r0 * (k + 1) / W
 *     else, with t = k - W and p = min(t / D, 1):
 *     constant      r0
 *     polynomial    (r0 - final) * (1 - p)^power + final
 *     exponential   r0 * decayRate^(t / D)
 *     step          r0 * decayRate^(number of boundaries <= k)
 *     cosine        (r0 - final) * (1 + cos(pi * p)) / 2 + final
 *
 * Boundaries count steps of the job, warm-up included. Exponential without `decaySteps` reaches r0 * decayRate at the
 * end of the job.
 */
export function learningRate(schedule: LearningRateSpec, stepIndex: number, totalSteps: number): number {
  const { initial, final, warmupSteps } = schedule;
  if (stepIndex < warmupSteps) return (initial * (stepIndex + 1)) / warmupSteps;
  const decaySteps = schedule.decaySteps ?? Math.max(totalSteps - warmupSteps, 1);
  const decays = (stepIndex - warmupSteps) / decaySteps;
  const progress = Math.min(decays, 1);
  switch (schedule.schedule) {
    case 'constant':
      return initial;
    case 'polynomial':
      return (initial - final) * (1 - progress) ** schedule.power + final;
    case 'exponential':
      return initial * schedule.decayRate ** decays;
    case 'step':
      return (
        initial * schedule.decayRate ** schedule.boundaries.filter((boundary) => boundary <= stepIndex).length
      );
    case 'cosine':
      return ((initial - final) * (1 + Math.cos(Math.PI * progress))) / 2 + final;
  }
}
