/** How the strength of SmoothOut's noise goes over the run. */
export type NoiseSchedule = 'constant' | 'annealed' | 'rampUp';

const ANNEALING_EXPONENT = 0.55;
const RAMP_STEEPNESS = 10;

/**
 * Factor on the strength at 0-based `step`, between 0 and 1, as in the authors' code:
 * `annealed` falls as sqrt(1 / (1 + step)^0.55), `rampUp` rises as (tanh(10 (step / totalSteps - 0.5)) + 1) / 2.
 */
export function noiseFactor(schedule: NoiseSchedule, step: number, totalSteps: number): number {
  switch (schedule) {
    case 'constant':
      return 1;
    case 'annealed':
      return Math.sqrt((1 + step) ** -ANNEALING_EXPONENT);
    case 'rampUp':
      return (Math.tanh(RAMP_STEEPNESS * (step / totalSteps - 0.5)) + 1) / 2;
  }
}
