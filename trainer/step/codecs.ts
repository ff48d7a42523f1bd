import { createCodec, type Codec } from '../ternary/codec.ts';
import type { Kernels } from '../ternary/kernels.ts';
import type { Coding, StepCodec } from './coding.ts';
import type { StepPlan } from './step-plan.ts';

/** The codecs that a job can need, for one thread. */
export interface Codecs {
  of(coding: Coding): Codec;
}

export function createCodecs(
  plan: Pick<StepPlan, 'chunkPlan' | 'scaler' | 'packing'>,
  kernels: Kernels,
  scratch: number,
): Codecs {
  const place = { kernels, plan: plan.chunkPlan, scratch };
  const codecs: Record<StepCodec, Codec> = {
    ternary: createCodec({ ...place, format: 'ternary', packing: plan.packing, scaler: plan.scaler }),
    float16: createCodec({ ...place, format: 'float16' }),
    float32: createCodec({ ...place, format: 'float32' }),
  };
  return { of: ({ codec }) => codecs[codec] };
}
