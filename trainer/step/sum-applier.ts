import type { FlatOptimizer, StateHashes, UpdateArguments } from '../compute/optimizer/optimizer.ts';
import type { Chunk } from '../ternary/chunks.ts';
import type { Kernels } from '../ternary/kernels.ts';
import { BLOCK_VALUES, FLOAT_BYTES } from '../ternary/layout.ts';
import type { StepCodec } from './coding.ts';
import type { Codecs } from './codecs.ts';
import type { StateVectors } from './state-vectors.ts';
import type { StepPlan } from './step-plan.ts';

export interface SumApplierOptions {
  readonly plan: StepPlan;
  readonly kernels: Kernels;
  readonly codecs: Codecs;
  readonly optimizer: FlatOptimizer;
  readonly vectors: StateVectors;
}

/** Of the step whose sums are applied. */
export type StepSettings = Pick<UpdateArguments, 'learningRate' | 'weightDecay'> & {
  /** 0-based. */
  readonly step: number;
  /** What the members agreed on for this step; see `StepPlan.codingAt`. */
  readonly codec?: StepCodec;
  /** What the step was ternarized with, where that is not what its barrier said. */
  readonly scalers?: Float32Array | undefined;
};

/**
 * Turns the sums of a step, in whatever order they come, into the next state. The present state is as it was until
 * `commit`; the gradient is spent from the first `take` on.
 */
export interface SumApplier {
  begin(settings: StepSettings): void;
  /** The sum of this chunk lies in memory and is checked. */
  take(chunk: Chunk): void;
  /** All sums were taken: what comes of them is the state from now on. */
  commit(): StateHashes;
}

export function createSumApplier(options: SumApplierOptions): SumApplier {
  return options.vectors.hasSpare ? besideApplier(options) : inPlaceApplier(options);
}

/** Each chunk is decoded and its part of the next state written while the others are on their way. */
function besideApplier({ plan, kernels, codecs, optimizer, vectors }: SumApplierOptions): SumApplier {
  const { decoded } = plan.memory;
  const decode = decoder(plan, kernels, codecs);
  const clearPadding = paddingOf(plan, kernels);
  const { chunks } = plan.chunkPlan;
  let settings: StepSettings = { step: 0, learningRate: 0, weightDecay: 0 };

  return {
    begin(of) {
      settings = of;
    },
    take(chunk) {
      const { present, next } = vectors;
      // The decoded chunk lies by itself; codec and optimizer are told where the vector would begin.
      const gradient = decoded - chunk.offset * FLOAT_BYTES;
      clearPadding(chunk);
      decode(chunk, settings, gradient);
      optimizer.beginPart();
      optimizer.updateRange({ ...present, next, gradient, ...settings, step: settings.step + 1 }, chunk);
      optimizer.endPart(chunk.index, chunk.blocks);
    },
    commit() {
      vectors.exchange();
      return optimizer.joinParts(chunks.length);
    },
  };
}

/** Chunks are decoded as they come; the state, which has no second place, is updated at the end. */
function inPlaceApplier({ plan, kernels, codecs, optimizer, vectors }: SumApplierOptions): SumApplier {
  const decode = decoder(plan, kernels, codecs);
  let settings: StepSettings = { step: 0, learningRate: 0, weightDecay: 0 };
  return {
    begin(of) {
      settings = of;
    },
    take: (chunk) => decode(chunk, settings, vectors.present.gradient),
    commit: () => optimizer.update({ ...vectors.present, ...settings, step: settings.step + 1 }),
  };
}

/** A decoder leaves padding as it is, and the place of decoded chunks holds another one's values there. */
function paddingOf({ memory }: StepPlan, kernels: Kernels): (chunk: Chunk) => void {
  return (chunk) => {
    const decoded = new Float32Array(kernels.memory.buffer, memory.decoded, chunk.blocks * BLOCK_VALUES);
    for (const { offset, blocks, values } of chunk.pieces) {
      const start = offset - chunk.offset;
      decoded.fill(0, start + values, start + blocks * BLOCK_VALUES);
    }
  };
}

function decoder(
  plan: StepPlan,
  kernels: Kernels,
  codecs: Codecs,
): (chunk: Chunk, settings: StepSettings, gradient: number) => void {
  const { memory, members, chunkPlan, scalerRows } = plan;
  const { buffer } = kernels.memory;
  const lengths = new Uint32Array(buffer, memory.pullLengths, chunkPlan.chunks.length);
  const agreed = new Float32Array(buffer, memory.sharedScalers, chunkPlan.units * scalerRows);
  return (chunk, { step, codec, scalers = agreed }, gradient) => {
    const payload = memory.pull[chunk.index] as number;
    const payloadBytes = lengths[chunk.index] as number;
    codecs
      .of(plan.codingAt(step, chunk, codec))
      .decode(chunk, { payload, payloadBytes, members, scalers, gradient });
  };
}
