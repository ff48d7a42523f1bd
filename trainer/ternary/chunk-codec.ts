import type { Chunk, ChunkPlan } from './chunks.ts';
import type { Kernels } from './kernels.ts';
import type { NoiseKey } from './noise.ts';
import type { PlainFormat } from './payload-format.ts';

/** What is sent for a chunk, and how contributions are summed. All pointers are byte offsets into the kernels' memory. */
export interface Codec {
  readonly pushFormat: PlainFormat;
  readonly pullFormat: PlainFormat;
  /** Longest payload; most formats have no shorter one. */
  pushBytes(chunk: Chunk): number;
  pullBytes(chunk: Chunk, members: number): number;
  /** One worker's gradient -> push payload. Returns its length. */
  encode(chunk: Chunk, args: EncodeArguments): number;
  /** Push payloads of all members -> pull payload. Returns its length. */
  reduce(chunk: Chunk, args: ReduceArguments): number;
  /** Pull payload -> mean gradient, float32, at its place in the flat vector. Padding that was 0 stays 0. */
  decode(chunk: Chunk, args: DecodeArguments): void;
}

export interface EncodeArguments {
  /** The flat gradient's start. */
  readonly gradient: number;
  /** By scaler unit. Not read by float codecs. */
  readonly scalers: Float32Array;
  /** Not read by float codecs. */
  readonly noise: NoiseKey;
  readonly out: number;
}

export interface ReduceArguments {
  /** Push payloads in member order. */
  readonly contributions: readonly number[];
  /** How long each of them is. */
  readonly contributionBytes: readonly number[];
  /** By scaler unit; with local scalers member by member: [member * units + unit]. */
  readonly scalers: Float32Array;
  readonly out: number;
}

export interface DecodeArguments {
  readonly payload: number;
  readonly payloadBytes: number;
  readonly members: number;
  /** As in `ReduceArguments`. */
  readonly scalers: Float32Array;
  /** The flat gradient's start. */
  readonly gradient: number;
}

export type CodecOptions = TernaryCodecOptions | FloatCodecOptions;

export interface TernaryCodecOptions extends CodecPlace {
  readonly format: 'ternary';
  readonly packing: 'base3' | '2bit';
  readonly scaler: 'shared' | 'local';
}

export interface FloatCodecOptions extends CodecPlace {
  readonly format: 'float32' | 'float16';
}

interface CodecPlace {
  readonly kernels: Kernels;
  readonly plan: ChunkPlan;
  /** `SCRATCH_BYTES` that no other thread uses. */
  readonly scratch: number;
}
