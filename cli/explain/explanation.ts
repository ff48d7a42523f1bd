import type { CompressionSpec } from '../../crds/compression.ts';
import type { ResolvedJob } from '../../crds/job.ts';
import type { GradientBytes } from '../../operator/plan/progress.ts';
import { codingOf, usualCodec } from '../../trainer/step/coding.ts';
import { planStep } from '../../trainer/step/step-plan.ts';
import {
  BASE3_PACKING,
  bitsPerDigit,
  sumPacking,
  TWO_BIT_PACKING,
} from '../../trainer/ternary/digit-packing.ts';
import type { TensorSpec } from '../../trainer/ternary/layout.ts';
import { FLOAT_BYTES } from '../../trainer/ternary/layout.ts';
import { gaussianBits, type GaussianBits } from '../../trainer/ternary/entropy/gaussian-bits.ts';
import { payloadBytes } from '../../trainer/ternary/payload-format.ts';
import { FRAME_HEADER_BYTES } from '../../trainer/wire/frame.ts';

/** What one step of a job sends, derived from the model alone. Plain JSON. */
export interface Explanation {
  readonly job: string;
  readonly workers: number;
  readonly codec: string;
  /** Every so-many-th epoch is sent as float32 instead; 0 is never. */
  readonly floatEpochs: number;
  readonly parameters: number;
  readonly tensors: readonly ExplainedTensor[];
  readonly chunks: readonly ExplainedChunk[];
  /** All workers together, in one step. A worker's own share never leaves it. */
  readonly bytesPerStep: { readonly push: GradientBytes; readonly pull: GradientBytes };
  /** Of a ternary value, the most with entropy coding; null under a float codec. */
  readonly ternaryBits: {
    readonly push: number;
    readonly pull: number;
    /** log2 of how many sums there are; null when sums are floats. */
    readonly leastPull: number | null;
  } | null;
  /** With entropy coding, bits per ternary value if gradients were Gaussian; null without, or without clipping. */
  readonly gaussianBits: GaussianBits | null;
  /** raw / wire over push and pull, the least with entropy coding; null when one worker has nobody to send to. */
  readonly ratioToFloat32: number | null;
  readonly ratioToFloat16: number | null;
}

export interface ExplainedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: number;
  /** Sent as floats although the codec is ternary. */
  readonly exempt: boolean;
  readonly sentAs: string;
}

export interface ExplainedChunk {
  readonly index: number;
  /** Values from the start of the flat vector, padding counted. */
  readonly offset: number;
  readonly values: number;
  /** The rank that sums it. */
  readonly owner: number;
  readonly push: ExplainedPayload;
  readonly pull: ExplainedPayload;
}

export interface ExplainedPayload {
  readonly format: string;
  /** The most, where the length depends on the values. */
  readonly bytes: number;
}

/**
 * Bytes are payloads with their frame headers. gRPC adds 5 bytes per message, in which frames travel together, and
 * the barrier its own few hundred bytes per step; `terngrad run` counts them all.
 */
export function explain(job: ResolvedJob, tensors: readonly TensorSpec[]): Explanation {
  const { compression, workers, training } = job.spec;
  const members = workers.replicas;
  // What is sent does not depend on how many examples there are; one batch is the least that makes a step.
  const { layout, chunkPlan } = planStep(tensors, job.spec, { examples: training.batchSize, members });
  const chunks = chunkPlan.chunks.map((chunk) => {
    const { push, pull } = codingOf(compression, chunk, false);
    return {
      index: chunk.index,
      offset: chunk.offset,
      values: chunk.values,
      owner: chunk.index % members,
      push: { format: push, bytes: payloadBytes(push, chunk, members) },
      pull: { format: pull, bytes: payloadBytes(pull, chunk, members) },
    };
  });
  const bytesPerStep = {
    push: sentPerStep(chunks, 'push', members),
    pull: sentPerStep(chunks, 'pull', members),
  };
  const raw = bytesPerStep.push.raw + bytesPerStep.pull.raw;
  const wire = bytesPerStep.push.wire + bytesPerStep.pull.wire;
  return {
    job: job.metadata.name,
    workers: members,
    codec: compression.codec,
    floatEpochs: compression.floatEpochs,
    parameters: layout.parameterCount,
    tensors: layout.slots.map(({ name, shape, size, exempt }) => ({
      name,
      shape,
      values: size,
      exempt: exempt && usualCodec(compression) === 'ternary',
      sentAs: codingOf(compression, { exempt }, false).push,
    })),
    chunks,
    bytesPerStep,
    ternaryBits: usualCodec(compression) === 'ternary' ? ternaryBits(compression, members) : null,
    gaussianBits:
      usualCodec(compression) === 'ternary' && compression.packing === 'entropy' && compression.clip > 0
        ? gaussianBits(compression.clip, members)
        : null,
    ratioToFloat32: wire === 0 ? null : raw / wire,
    ratioToFloat16: wire === 0 ? null : raw / 2 / wire,
  };
}

function ternaryBits({ packing, scaler }: CompressionSpec, members: number): Explanation['ternaryBits'] {
  const push = bitsPerDigit(packing === '2bit' ? TWO_BIT_PACKING : BASE3_PACKING);
  if (scaler === 'local') return { push, pull: 8 * FLOAT_BYTES, leastPull: null };
  return { push, pull: bitsPerDigit(sumPacking(members)), leastPull: Math.log2(2 * members + 1) };
}

/** Everyone but the owner contributes to a chunk, and everyone but the owner gets its sum. */
function sentPerStep(
  chunks: readonly ExplainedChunk[],
  direction: 'push' | 'pull',
  members: number,
): GradientBytes {
  const others = members - 1;
  return {
    raw: chunks.reduce((sum, { values }) => sum + others * values * FLOAT_BYTES, 0),
    wire: chunks.reduce((sum, chunk) => sum + others * (FRAME_HEADER_BYTES + chunk[direction].bytes), 0),
  };
}
