import { createRandom } from './random.ts';

/** Where training stands in the data: part of every checkpoint. */
export interface SamplerState {
  readonly epoch: number;
  /** Examples of this epoch that were taken. */
  readonly cursor: number;
}

export interface SamplerOptions {
  /** Number of training examples, at least 1. */
  readonly examples: number;
  readonly seed: number;
  /** Examples per step, all workers together. */
  readonly batchSize: number;
}

/** A member's share of one step. */
export interface Slice {
  /** Indices of examples; a view of the epoch's permutation. Empty when the batch is smaller than the membership. */
  readonly indices: Uint32Array;
  /**
   * localBatch * contributors / stepBatch: the local mean gradient times this, averaged over the contributors, is
   * the mean over the whole batch, however uneven the slices.
   */
  readonly scale: number;
}

/**
 * Which examples each step takes. Step k takes the next `batchSize` of `permutation(seed, epoch)`, the last step of an
 * epoch what is left; the members divide it by their index, sizes differing by one at most. So a change of the
 * membership between two steps neither drops nor repeats an example, and nothing is asked of the batch size.
 */
export interface Sampler {
  readonly stepsPerEpoch: number;
  /** How many examples the step at `state` takes, all members together. */
  stepBatch(state: SamplerState): number;
  slice(state: SamplerState, memberIndex: number, memberCount: number): Slice;
  next(state: SamplerState): SamplerState;
  /** The state before step `step` (0-based) of a run that started at the first epoch. */
  stateAt(step: number): SamplerState;
}

export function createSampler({ examples, seed, batchSize }: SamplerOptions): Sampler {
  const stepsPerEpoch = Math.ceil(examples / batchSize);
  let cached: { readonly epoch: number; readonly order: Uint32Array } | undefined;

  function orderOf(epoch: number): Uint32Array {
    if (cached?.epoch !== epoch) cached = { epoch, order: permutation(examples, seed, epoch) };
    return cached.order;
  }

  function stepBatch({ cursor }: SamplerState): number {
    return Math.min(batchSize, examples - cursor);
  }

  return {
    stepsPerEpoch,
    stepBatch,
    slice(state, memberIndex, memberCount) {
      const size = stepBatch(state);
      const from = state.cursor + Math.floor((memberIndex * size) / memberCount);
      const to = state.cursor + Math.floor(((memberIndex + 1) * size) / memberCount);
      return {
        indices: orderOf(state.epoch).subarray(from, to),
        scale: ((to - from) * memberCount) / size,
      };
    },
    next(state) {
      const cursor = state.cursor + stepBatch(state);
      return cursor < examples ? { epoch: state.epoch, cursor } : { epoch: state.epoch + 1, cursor: 0 };
    },
    stateAt(step) {
      return { epoch: Math.floor(step / stepsPerEpoch), cursor: (step % stepsPerEpoch) * batchSize };
    },
  };
}

/** Number of steps that a job asks for: `steps`, or `epochs` in steps. */
export function totalSteps(
  sampler: Sampler,
  training: { readonly steps?: number | undefined; readonly epochs?: number | undefined },
): number {
  return training.steps ?? (training.epochs ?? 0) * sampler.stepsPerEpoch;
}

/** Every index once, in an order drawn from (seed, epoch): Fisher and Yates' shuffle. */
export function permutation(length: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  const random = createRandom({ seed, step: epoch, purpose: 'permutation' });
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
