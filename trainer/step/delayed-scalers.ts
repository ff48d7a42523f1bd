import type { StepPlan } from './step-plan.ts';

/**
 * The scalers that the next step is ternarized with, known before its gradient is: those that all members measured in the
 * step before, times a margin. They are part of the state, so that a step which is done again, or by a worker that has
 * copied the state, sends the same.
 *
 * FP8 training knows the same as delayed scaling. Values beyond a scaler are cut off, as those beyond the clip are.
 */
export interface DelayedScalers {
  /** False before the first step is done. */
  readonly areKnown: boolean;
  /** By unit; `undefined` while they are not known. */
  readonly known: Float32Array | undefined;
  /** The step is committed: what was measured in it is for the next. */
  renew(): void;
  /** How many were exceeded by what was measured in the last step; `undefined` where they were not in use then. */
  readonly exceeded: number | undefined;
}

/** `undefined` where a step has its own scalers. */
export function delayedScalersOf(
  { memory: places, chunkPlan, scalerMargin }: Pick<StepPlan, 'memory' | 'chunkPlan' | 'scalerMargin'>,
  { buffer }: WebAssembly.Memory,
): DelayedScalers | undefined {
  if (scalerMargin === undefined || places.delayedScalers === undefined) return undefined;
  const delayed = new Float32Array(buffer, places.delayedScalers, chunkPlan.units);
  const measured = new Float32Array(buffer, places.sharedScalers, chunkPlan.units);
  let exceeded: number | undefined;
  return {
    get areKnown() {
      return !Number.isNaN(delayed[0]);
    },
    get known() {
      return this.areKnown ? delayed : undefined;
    },
    renew() {
      exceeded = this.areKnown ? countExceeded(delayed, measured) : undefined;
      for (const [unit, scaler] of measured.entries()) delayed[unit] = scaler * scalerMargin;
    },
    get exceeded() {
      return exceeded;
    },
  };
}

function countExceeded(delayed: Float32Array, measured: Float32Array): number {
  return measured.reduce((count, scaler, unit) => count + (scaler > (delayed[unit] ?? 0) ? 1 : 0), 0);
}

/** No step is done yet. */
export function forgetScalers(
  { memory: places, chunkPlan }: Pick<StepPlan, 'memory' | 'chunkPlan'>,
  { buffer }: WebAssembly.Memory,
): void {
  if (places.delayedScalers !== undefined)
    new Float32Array(buffer, places.delayedScalers, chunkPlan.units).fill(Number.NaN);
}
