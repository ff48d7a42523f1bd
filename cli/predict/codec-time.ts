import { setFlagsFromString } from 'node:v8';
import type { JobSpec } from '../../crds/job.ts';
import { createOptimizer } from '../../trainer/compute/optimizer/optimizer.ts';
import { createRandom } from '../../trainer/data/random.ts';
import type { CodingCosts } from '../../trainer/predict/costs.ts';
import type { ChunkBytes } from '../../trainer/predict/traffic.ts';
import { createCodecs } from '../../trainer/step/codecs.ts';
import type { StepCodec } from '../../trainer/step/coding.ts';
import { allocateStepMemory } from '../../trainer/step/memory.ts';
import { createScalerFinder } from '../../trainer/step/scaler-finder.ts';
import { planStep, type StepPlan } from '../../trainer/step/step-plan.ts';
import type { Chunk } from '../../trainer/ternary/chunks.ts';
import { planCoderMemory, type CoderMemory } from '../../trainer/ternary/entropy/coder-memory.ts';
import { createEntropyCoder, symbolBytes } from '../../trainer/ternary/entropy/entropy-coder.ts';
import { gaussianBits } from '../../trainer/ternary/entropy/gaussian-bits.ts';
import { loadKernels } from '../../trainer/ternary/kernels.ts';
import type { TensorSpec } from '../../trainer/ternary/layout.ts';
import {
  isCoded,
  payloadBytes,
  type CodedFormat,
  type PayloadFormat,
} from '../../trainer/ternary/payload-format.ts';
import { MAX_SUM_MEMBERS } from '../../trainer/ternary/digit-packing.ts';
import { FRAME_HEADER_BYTES } from '../../trainer/wire/frame.ts';
import { processorMs } from './processor-time.ts';

/** One way to send the gradient of a job. */
export interface CodingName {
  readonly name: string;
  readonly codec: StepCodec;
  readonly packing: JobSpec['compression']['packing'];
}

/** What a coding costs and sends with so many members. */
export interface MeasuredCoding extends CodingName {
  costs(members: number): CodingCosts;
  /** `undefined`: there cannot be so many. */
  chunks(members: number): readonly ChunkBytes[] | undefined;
}

export interface CodecTimes {
  readonly statisticsMs: number;
  readonly updateMs: number;
  readonly isUpdatedAsSumsCome: boolean;
  readonly codings: readonly MeasuredCoding[];
}

const CODINGS: readonly CodingName[] = [
  { name: 'float32', codec: 'float32', packing: 'base3' },
  { name: 'float16', codec: 'float16', packing: 'base3' },
  { name: 'ternary', codec: 'ternary', packing: 'base3' },
  { name: 'ternary 2bit', codec: 'ternary', packing: '2bit' },
  { name: 'ternary entropy', codec: 'ternary', packing: 'entropy' },
];

/** Sums cost more for each contribution, and are packed otherwise for more members: measured for these, the rest follows. */
const MEASURED_MEMBERS = [2, 4, 8, 16, 64] as const;
const SIGMA = 1e-3;
/** Gaussian values are drawn once; a prime, so that no two chunks are alike. */
const DRAWN_VALUES = 100_003;

/** Statistics, encoders, sums, decoders and update, on the layout that the job's tensors have, with a Gaussian gradient. */
export async function measureCodecs(tensors: readonly TensorSpec[], spec: JobSpec): Promise<CodecTimes> {
  const planOf = planner(tensors, spec);
  const plan = planOf('base3', 2);
  const coderMemory = planCoder(plan);
  const memory = allocateStepMemory({ ...plan.memory, bytes: plan.memory.bytes + coderMemory.bytes });
  // A worker's kernels are as fast as they get after some steps: here they are compiled so at once, not while they are measured.
  setFlagsFromString('--no-liftoff');
  const kernels = await loadKernels(memory);
  const { weights, gradient, slots, computeScratch } = plan.memory;
  fillGradient(new Float32Array(memory.buffer, gradient, plan.layout.values), plan);
  const scalers = new Float32Array(memory.buffer, plan.memory.localScalers, plan.chunkPlan.units);
  const finder = createScalerFinder(spec.compression, kernels, plan, { present: plan.memory });
  const statisticsMs = processorMs(() => finder.find(0, scalers));
  const rows = new Float32Array(plan.chunkPlan.units * Math.max(...MEASURED_MEMBERS));
  for (let row = 0; row < rows.length; row += scalers.length || 1) rows.set(scalers, row);

  const coder = createEntropyCoder(kernels, coderMemory, computeScratch);

  const codings = CODINGS.map((coding): MeasuredCoding => {
    const own = planOf(coding.packing, 2);
    const codecs = createCodecs(own, kernels, { scratch: computeScratch, coder: undefined });
    const chunks = own.chunkPlan.chunks.map((chunk) => ({
      chunk,
      codec: codecs.of(own.codingAt(0, chunk, coding.codec)),
      push: own.memory.push[chunk.index] as number,
      pull: own.memory.pull[chunk.index] as number,
    }));
    const lengths: number[] = [];
    const encodeMs = processorMs(() => {
      for (const { chunk, codec, push } of chunks)
        lengths[chunk.index] = codec.encode(chunk, {
          gradient,
          scalers,
          noise: { seed: 1, step: 0, rank: 0 },
          out: push,
        });
    });
    /** Processor time of coding and restoring what lies there, ternarized chunks only. */
    const coderMs = (
      format: CodedFormat,
      members: number,
      at: (of: (typeof chunks)[number]) => number,
    ): readonly [codeMs: number, restoreMs: number] => {
      const coded = chunks.filter(({ chunk }) => !chunk.exempt);
      const { payload } = coderMemory;
      const codedBytes: number[] = [];
      const codeMs = processorMs(() => {
        for (const of of coded) {
          codedBytes[of.chunk.index] =
            coder.code(format, of.chunk, members, at(of), payload) ?? payloadBytes(format, of.chunk, members);
        }
      });
      // Coding before each one puts the payload in place; what it takes is known.
      const bothMs = processorMs(() => {
        for (const of of coded) {
          coder.code(format, of.chunk, members, at(of), payload);
          coder.restore(format, of.chunk, members, codedBytes[of.chunk.index] as number, at(of));
        }
      });
      return [codeMs, Math.max(0, bothMs - codeMs)];
    };
    const isEntropy = coding.packing === 'entropy';
    const [codePushMs, restorePushMs] = isEntropy ? coderMs('entropy', 1, ({ push }) => push) : [0, 0];
    const measured = MEASURED_MEMBERS.map((members) => {
      const sums: number[] = [];
      const sumMs = processorMs(() => {
        for (const { chunk, codec, push, pull } of chunks) {
          const contributions = Array.from({ length: members }, () => push);
          const contributionBytes = contributions.map(() => lengths[chunk.index] as number);
          sums[chunk.index] = codec.reduce(chunk, {
            contributions,
            contributionBytes,
            scalers: rows,
            out: pull,
          });
        }
      });
      const [codeSumMs, restoreSumMs] =
        isEntropy && spec.compression.scaler === 'shared'
          ? coderMs('entropy-sums', members, ({ pull }) => pull)
          : [0, 0];
      const decodeMs = processorMs(() => {
        for (const { chunk, codec, pull } of chunks)
          codec.decode(chunk, {
            payload: pull,
            payloadBytes: sums[chunk.index] as number,
            members,
            scalers: rows,
            gradient,
          });
      });
      // Decoding has written the mean over the gradient.
      fillGradient(new Float32Array(memory.buffer, gradient, plan.layout.values), plan);
      return { members, sumMs, decodeMs, codeSumMs, restoreSumMs };
    });
    return {
      ...coding,
      costs: (members) => {
        const { sumMs, decodeMs, codeSumMs, restoreSumMs } = between(measured, members);
        const entropy = { codePushMs, restorePushMs, codeSumMs, restoreSumMs };
        return { encodeMs, sumMs, decodeMs, ...(isEntropy && { entropy }) };
      },
      chunks: (members) => chunkBytes(own, coding, spec, members),
    };
  });

  const optimizer = createOptimizer(spec.training.optimizer, kernels, plan.layout, computeScratch);
  const update = { weights, gradient, slots, learningRate: 1e-6, weightDecay: 0 };
  let step = 0;
  const updateMs = processorMs(() => {
    step += 1;
    optimizer.update({ ...update, step });
  });
  return {
    statisticsMs,
    updateMs,
    isUpdatedAsSumsCome: plan.memory.spareSlots.length === slots.length,
    codings,
  };
}

/** Behind all else: one coder for all plans. */
function planCoder({ memory, chunkPlan, maxPayloadBytes }: StepPlan): CoderMemory {
  const symbols = chunkPlan.chunks.flatMap(({ blocks }) =>
    MEASURED_MEMBERS.map((members) => symbolBytes(blocks, members)),
  );
  return planCoderMemory(Math.ceil(memory.bytes / 16) * 16, {
    payloadBytes: maxPayloadBytes,
    symbolBytes: Math.max(...symbols),
  });
}

/** All codecs on one memory, as a job with `codec: auto` has it. */
function planner(
  tensors: readonly TensorSpec[],
  spec: JobSpec,
): (packing: JobSpec['compression']['packing'], members: number) => StepPlan {
  const { elastic: _, ...workers } = spec.workers;
  return (packing, members) =>
    planStep(
      tensors,
      {
        ...spec,
        workers: { ...workers, replicas: members },
        compression: { ...spec.compression, codec: 'auto', packing, floatEpochs: 0 },
      },
      { examples: spec.training.batchSize, members },
    );
}

function chunkBytes(
  plan: StepPlan,
  { codec }: CodingName,
  { compression }: JobSpec,
  members: number,
): readonly ChunkBytes[] | undefined {
  if (codec === 'ternary' && compression.scaler === 'shared' && members > MAX_SUM_MEMBERS) return undefined;
  // Without a clip the scaler is the largest value, of which a distribution says nothing.
  const bits = compression.clip > 0 ? gaussianBits(compression.clip, members) : undefined;
  const framed = (format: PayloadFormat, chunk: Chunk): number => {
    const plain = payloadBytes(format, chunk, members);
    if (!isCoded(format) || bits === undefined) return FRAME_HEADER_BYTES + plain;
    const coded = (chunk.values * (format === 'entropy' ? bits.push : bits.pull)) / 8;
    return FRAME_HEADER_BYTES + Math.min(plain, Math.ceil(coded));
  };
  return plan.chunkPlan.chunks.map((chunk) => {
    const { push, pull } = plan.codingAt(0, chunk, codec);
    return { push: framed(push, chunk), pull: framed(pull, chunk) };
  });
}

function fillGradient(gradient: Float32Array, { layout }: StepPlan): void {
  const random = createRandom({ seed: 1, step: 0, rank: 0, purpose: 'predict' });
  const drawn = Float32Array.from({ length: DRAWN_VALUES }, () => SIGMA * random.normal());
  for (const { offset, size } of layout.slots) {
    for (let done = 0; done < size; done += DRAWN_VALUES) {
      gradient.set(drawn.subarray(0, Math.min(DRAWN_VALUES, size - done)), offset + done);
    }
  }
}

interface MemberTimes {
  readonly members: number;
  readonly sumMs: number;
  readonly decodeMs: number;
  readonly codeSumMs: number;
  readonly restoreSumMs: number;
}

/** On the line through the nearest measured numbers of members; beyond the last the sum grows on, the rest does not. */
function between(measured: readonly MemberTimes[], members: number): Omit<MemberTimes, 'members'> {
  const at = Math.min(
    Math.max(
      measured.findLastIndex((one) => one.members <= members),
      0,
    ),
    measured.length - 2,
  );
  const [low, high] = [measured[at], measured[at + 1]] as [MemberTimes, MemberTimes];
  const share = (members - low.members) / (high.members - low.members);
  const on = (of: 'sumMs' | 'decodeMs' | 'codeSumMs' | 'restoreSumMs', where: number): number =>
    Math.max(0, low[of] + (high[of] - low[of]) * where);
  const within = Math.min(Math.max(share, 0), 1);
  return {
    sumMs: on('sumMs', share),
    decodeMs: on('decodeMs', within),
    codeSumMs: on('codeSumMs', within),
    restoreSumMs: on('restoreSumMs', within),
  };
}
