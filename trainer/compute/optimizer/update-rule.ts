import type { OneSlot, TwoSlots, UpdateKernels } from '../../ternary/kernels.ts';

/** A contiguous part of the flat vector whose tensors are treated alike. */
export interface Segment {
  /** Byte offsets of the segment's start, and of where the next state of it goes. */
  weights: number;
  nextWeights: number;
  gradient: number;
  slot0: number;
  nextSlot0: number;
  slot1: number;
  nextSlot1: number;
  blocks: number;
  /** Byte offset of the running state hash. */
  hash: number;
  learningRate: number;
  /** 0 for tensors that do not decay. */
  weightDecay: number;
  /** 1-based, for bias correction. */
  step: number;
}

/**
 * Updates one segment. Kernels round to float32 after every operation; what is the same for the whole vector
 * (rates, corrections) is computed here in float64 and rounded once, when it is passed.
 */
export type UpdateRule = (kernels: UpdateKernels, segment: Readonly<Segment>) => void;

/** The first arguments of the kernels with one slot. */
export function oneSlot(segment: Readonly<Segment>): OneSlot {
  const { weights, nextWeights, gradient, slot0, nextSlot0, blocks, hash } = segment;
  return [weights, nextWeights, gradient, slot0, nextSlot0, blocks, hash];
}

/** And with two. */
export function twoSlots(segment: Readonly<Segment>): TwoSlots {
  const { weights, nextWeights, gradient, slot0, nextSlot0, slot1, nextSlot1, blocks, hash } = segment;
  return [weights, nextWeights, gradient, slot0, nextSlot0, slot1, nextSlot1, blocks, hash];
}
