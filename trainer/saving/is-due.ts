import type { CheckpointSpec } from '../../crds/checkpoint.ts';

export interface SaveMoment {
  /** Steps that are done. */
  readonly step: number;
  readonly totalSteps: number;
  /** Since the last save, or the start. */
  readonly sinceMs: number;
}

/** Whether a checkpoint is due by steps, by time, or because training is done. */
export function isDue(
  { everySteps, everySeconds }: Pick<CheckpointSpec, 'everySteps' | 'everySeconds'>,
  { step, totalSteps, sinceMs }: SaveMoment,
): boolean {
  if (step === totalSteps) return true;
  if (everySteps > 0 && step % everySteps === 0) return true;
  return everySeconds > 0 && sinceMs >= everySeconds * 1000;
}
