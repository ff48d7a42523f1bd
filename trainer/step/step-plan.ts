import { createHash } from 'node:crypto';
import type { CompressionSpec } from '../../crds/compression.ts';
import type { JobSpec } from '../../crds/index.ts';
import { SLOTS_OF_OPTIMIZER } from '../compute/optimizer/slots.ts';
import { createSampler, totalSteps, type Sampler } from '../data/sampler.ts';
import { defaultChunkValues, planChunks, type Chunk, type ChunkPlan } from '../ternary/chunks.ts';
import { symbolBytes } from '../ternary/entropy/entropy-coder.ts';
import { planLayout, type FlatLayout, type TensorSpec } from '../ternary/layout.ts';
import { payloadBytes } from '../ternary/payload-format.ts';
import { SCRATCH_BYTES } from '../ternary/scratch.ts';
import {
  codecsOf,
  codingOf,
  isFloatEpoch,
  mayEntropyCode,
  usualCodec,
  type Coding,
  type StepCodec,
} from './coding.ts';
import { planStepMemory, type StepMemory } from './memory.ts';

/**
 * Everything about a step that follows from the model, the job and the number of members: pure, so both threads of
 * a worker, all workers and `terngrad explain` compute the same.
 */
export interface StepPlan {
  readonly layout: FlatLayout;
  readonly chunkPlan: ChunkPlan;
  readonly memory: StepMemory;
  readonly sampler: Sampler;
  readonly totalSteps: number;
  readonly members: number;
  readonly scaler: CompressionSpec['scaler'];
  readonly packing: CompressionSpec['packing'];
  readonly scalerRows: number;
  /** By how much delayed scalers are larger than what was measured; `undefined` where scalers are those of the step itself. */
  readonly scalerMargin: number | undefined;
  /** Whether a step may be sent ahead of its barrier. */
  readonly ahead: boolean;
  /** Whether tensors are sent while the backward pass goes on. */
  readonly overlap: boolean;
  /** Longest payload of any chunk in any coding of this job. */
  readonly maxPayloadBytes: number;
  /** @param codec what the workers agreed on for this step, where the job leaves it to them. */
  codingAt(step: number, part: Pick<Chunk, 'exempt'>, codec?: StepCodec): Coding;
  /** Equal on all members, or they must not train together. */
  readonly signature: string;
}

export interface StepPlanFacts {
  /** Number of training examples. */
  readonly examples: number;
  /** Of the generation that the plan is for. */
  readonly members: number;
  /** Values in all of the model's non-trainable weights. */
  readonly nonTrainableValues?: number;
}

export function planStep(
  tensors: readonly TensorSpec[],
  spec: JobSpec,
  { examples, members, nonTrainableValues = 0 }: StepPlanFacts,
): StepPlan {
  const { compression, training, exchange } = spec;
  const layout = planLayout(tensors, exemption(tensors, compression));
  const chunkPlan = planChunks(layout, {
    chunkValues: exchange.chunkValues ?? defaultChunkValues(layout.values),
    scalerScope: compression.scalerScope,
  });
  const sampler = createSampler({ examples, seed: training.seed, batchSize: training.batchSize });
  const steps = totalSteps(sampler, training);

  const codecs = codecsOf(compression);
  const codings = (chunk: Chunk): Coding[] => {
    const usual = codecs.map((codec) => codingOf(compression, chunk, false, codec));
    return compression.floatEpochs > 0 ? [...usual, codingOf(compression, chunk, true)] : usual;
  };
  const sizes = sizesOf(spec, members);
  const pushBytes = (chunk: Chunk): number =>
    Math.max(...codings(chunk).map(({ push }) => payloadBytes(push, chunk, members)));
  // Sums of more members need not be longer: a short chunk does not fill all the planes of a packing.
  const pullBytes = (chunk: Chunk): number =>
    Math.max(...codings(chunk).flatMap(({ pull }) => sizes.map((size) => payloadBytes(pull, chunk, size))));
  const maxPayloadBytes = Math.max(
    ...chunkPlan.chunks.flatMap((chunk) => [pushBytes(chunk), pullBytes(chunk)]),
  );
  const isDelayed = compression.scalerTiming === 'delayed' && chunkPlan.units > 0;
  const rowsOf = (size: number): number => (compression.scaler === 'local' ? size : 1);

  return {
    layout,
    chunkPlan,
    sampler,
    members,
    totalSteps: steps,
    scaler: compression.scaler,
    packing: compression.packing,
    scalerRows: rowsOf(members),
    scalerMargin: isDelayed ? compression.scalerMargin : undefined,
    ahead: isDelayed || exchange.overlap,
    overlap: exchange.overlap,
    maxPayloadBytes,
    memory: planStepMemory({
      values: layout.values,
      optimizerSlots: SLOTS_OF_OPTIMIZER[training.optimizer.name],
      withAverage: training.ema.decay > 0,
      scalerUnits: chunkPlan.units,
      withDelayedScalers: isDelayed,
      nonTrainableValues,
      scalerRows: rowsOf(Math.max(...sizes)),
      members,
      sizes,
      chunks: chunkPlan.chunks,
      pushBytes,
      pullBytes,
      ...(mayEntropyCode(compression) && {
        coder: {
          payloadBytes: maxPayloadBytes,
          symbolBytes: Math.max(
            ...sizes.flatMap((size) => chunkPlan.chunks.map(({ blocks }) => symbolBytes(blocks, size))),
          ),
        },
      }),
      computeScratchBytes: SCRATCH_BYTES,
      ioScratchBytes: SCRATCH_BYTES,
    }),
    codingAt: (step, part, codec) =>
      codingOf(compression, part, isFloatEpoch(compression, sampler.stateAt(step).epoch), codec),
    signature: signatureOf(layout, chunkPlan, spec, examples),
  };
}

/** How many members a generation of this job may have. */
function sizesOf({ workers }: JobSpec, members: number): readonly number[] {
  if (workers.elastic === undefined) return [members];
  const { minReplicas, maxReplicas } = workers.elastic;
  return Array.from({ length: maxReplicas - minReplicas + 1 }, (_, i) => minReplicas + i);
}

/** A name in `exempt.tensors` that the model does not have. */
class UnknownTensorError extends Error {
  readonly code = 'UNKNOWN_TENSOR';
  override readonly name = 'UnknownTensorError';
}

/** Which tensors are sent as floats: with a float codec all of them, and then there are no scalers. */
function exemption(
  tensors: readonly TensorSpec[],
  compression: CompressionSpec,
): (tensor: TensorSpec, index: number) => boolean {
  const { exempt } = compression;
  const names = new Set(tensors.map((tensor) => tensor.name));
  const unknown = exempt.tensors.find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new UnknownTensorError(
      `spec.compression.exempt.tensors: the model has no tensor "${unknown}"; it has ${[...names].join(', ')}`,
    );
  }
  if (usualCodec(compression) !== 'ternary') return () => true;
  const lastLayer = exempt.lastLayer ? lastLayerIndices(tensors) : new Set<number>();
  return (tensor, index) =>
    tensor.size < exempt.belowElements || exempt.tensors.includes(tensor.name) || lastLayer.has(index);
}

/** The last kernel and all that follows it (its bias). */
function lastLayerIndices(tensors: readonly TensorSpec[]): ReadonlySet<number> {
  const lastKernel = tensors.findLastIndex((tensor) => tensor.shape.length >= 2);
  return new Set(tensors.map((_, index) => index).filter((index) => lastKernel >= 0 && index >= lastKernel));
}

/** What all members must agree on before a gradient of one means anything to another. Names do not count: they differ by process. */
function signatureOf(layout: FlatLayout, chunks: ChunkPlan, spec: JobSpec, examples: number): string {
  const agreed = {
    tensors: layout.slots.map(({ shape, offset }) => ({ shape, offset })),
    chunks: chunks.chunks.map(({ offset, blocks }) => [offset, blocks]),
    units: chunks.units,
    examples,
    training: spec.training,
    compression: spec.compression,
    smoothOut: spec.smoothOut,
    program: spec.program,
    data: { name: spec.data.name },
  };
  return createHash('sha256').update(JSON.stringify(agreed)).digest('hex');
}
