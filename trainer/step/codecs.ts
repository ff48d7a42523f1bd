import { createCodec, type Codec } from '../ternary/codec.ts';
import type { CoderMemory } from '../ternary/entropy/coder-memory.ts';
import { createEntropyCoder, type EntropyCoder } from '../ternary/entropy/entropy-coder.ts';
import type { Kernels } from '../ternary/kernels.ts';
import type { CodecFamily, Coding } from './coding.ts';
import type { StepPlan } from './step-plan.ts';

/** The codecs that a job can need, for one thread. */
export interface Codecs {
  of(coding: Coding): Codec;
  /** Given to jobs that entropy code. */
  readonly coder: EntropyCoder | undefined;
}

/** Memory of one thread. */
interface CodecPlaces {
  readonly scratch: number;
  readonly coder: CoderMemory | undefined;
}

export function createCodecs(
  plan: Pick<StepPlan, 'chunkPlan' | 'scaler' | 'packing'>,
  kernels: Kernels,
  { scratch, coder }: CodecPlaces,
): Codecs {
  // The entropy coder takes and gives base 3; see chunk-encoder.ts and chunk-store.ts.
  const packing = plan.packing === '2bit' ? '2bit' : 'base3';
  const place = { kernels, plan: plan.chunkPlan, scratch };
  const codecs: Record<CodecFamily, Codec> = {
    ternary: createCodec({ ...place, format: 'ternary', packing, scaler: plan.scaler }),
    float16: createCodec({ ...place, format: 'float16' }),
    float32: createCodec({ ...place, format: 'float32' }),
  };
  return {
    of: ({ codec }) => codecs[codec],
    coder: coder && createEntropyCoder(kernels, coder, scratch),
  };
}
