import type { CompressionSpec } from '../../crds/compression.ts';
import type { Chunk } from '../ternary/chunks.ts';
import type { PayloadFormat } from '../ternary/payload-format.ts';

/** What a payload's values are. */
export type CodecFamily = Exclude<CompressionSpec['codec'], 'auto'>;

/**
 * What is in force in a step; `auto` is only what the job asks for. With `packing: auto` ternary codes go as `ternary` (base 3), as
 * `ternary-entropy` (entropy coded where that is shorter) or as `ternary-sparse` (where it is shorter by half: what has few
 * nonzero codes is). Decoded they are the same.
 */
export type StepCodec = CodecFamily | 'ternary-sparse' | 'ternary-entropy';

export function familyOf(codec: StepCodec): CodecFamily {
  return codec === 'ternary-sparse' || codec === 'ternary-entropy' ? 'ternary' : codec;
}

/** The codec of a step in which the workers have not chosen one: the one that any network carries. */
export function usualCodec({ codec }: Pick<CompressionSpec, 'codec'>): CodecFamily {
  return codec === 'auto' ? 'ternary' : codec;
}

/** What the workers of a job can choose from, in the order in which it is tried; one where there is no choice. */
export function codecsOf({
  codec,
  packing,
}: Pick<CompressionSpec, 'codec' | 'packing'>): readonly StepCodec[] {
  if (codec === 'float16' || codec === 'float32') return [codec];
  const ternary: readonly StepCodec[] =
    packing === 'auto' ? ['ternary', 'ternary-sparse', 'ternary-entropy'] : ['ternary'];
  return codec === 'auto' ? [...ternary, 'float16', 'float32'] : ternary;
}

/** How the chunks of one kind cross the wire in one step. */
export interface Coding {
  /** Which codec encodes, sums and decodes. */
  readonly codec: CodecFamily;
  readonly push: PayloadFormat;
  readonly pull: PayloadFormat;
  /** A payload is entropy coded where that leaves less than this share of its bytes. */
  readonly codedShare: number;
}

const float32: Coding = { codec: 'float32', push: 'float32', pull: 'float32', codedShare: 0 };
const float16: Coding = { codec: 'float16', push: 'float16', pull: 'float16', codedShare: 0 };

const SHARE_OF_SPARSE = 0.5;

/**
 * The coding of a chunk or of a whole tensor. In a float epoch everything is float32; else exempt tensors go in `exemptFormat` and the rest
 * in the step's codec.
 */
export function codingOf(
  compression: CompressionSpec,
  part: Pick<Chunk, 'exempt'>,
  floatEpoch: boolean,
  codec: StepCodec = usualCodec(compression),
): Coding {
  if (floatEpoch || codec === 'float32') return float32;
  if (codec === 'float16') return float16;
  if (part.exempt) return compression.exemptFormat === 'float16' ? float16 : float32;
  const { packing, scaler } = compression;
  const isCoded = packing === 'entropy' || (packing === 'auto' && codec !== 'ternary');
  const plainPush = packing === '2bit' ? '2bit' : 'base3';
  return {
    codec: 'ternary',
    push: isCoded ? 'entropy' : plainPush,
    // With one scaler per worker the sum is no longer a multiple of one number.
    pull: scaler === 'local' ? 'float32' : isCoded ? 'entropy-sums' : 'sums',
    codedShare: isCoded ? (codec === 'ternary-sparse' ? SHARE_OF_SPARSE : 1) : 0,
  };
}

/** Whether a step of this job can have entropy coded payloads. */
export function mayEntropyCode({ packing }: Pick<CompressionSpec, 'packing'>): boolean {
  return packing === 'entropy' || packing === 'auto';
}

/** One epoch in every `floatEpochs` is exchanged in float32, counted from 1; 0 is off. */
export function isFloatEpoch(compression: CompressionSpec, epoch: number): boolean {
  return compression.floatEpochs > 0 && (epoch + 1) % compression.floatEpochs === 0;
}
