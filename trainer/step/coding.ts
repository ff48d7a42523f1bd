import type { CompressionSpec } from '../../crds/compression.ts';
import type { Chunk } from '../ternary/chunks.ts';
import type { PayloadFormat } from '../ternary/payload-format.ts';

/** A codec that is in force in a step; `auto` is only what the job asks for. */
export type StepCodec = Exclude<CompressionSpec['codec'], 'auto'>;

/** The codec of a step in which the workers have not chosen one: the one that any network carries. */
export function usualCodec({ codec }: CompressionSpec): StepCodec {
  return codec === 'auto' ? 'ternary' : codec;
}

/** How the chunks of one kind cross the wire in one step. */
export interface Coding {
  /** Which codec encodes, sums and decodes. */
  readonly codec: StepCodec;
  readonly push: PayloadFormat;
  readonly pull: PayloadFormat;
}

const float32: Coding = { codec: 'float32', push: 'float32', pull: 'float32' };
const float16: Coding = { codec: 'float16', push: 'float16', pull: 'float16' };

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
  return { codec: 'ternary', push: compression.packing, pull: pullFormat(compression) };
}

function pullFormat({ scaler, packing }: CompressionSpec): PayloadFormat {
  // With one scaler per worker the sum is no longer a multiple of one number.
  if (scaler === 'local') return 'float32';
  return packing === 'entropy' ? 'entropy-sums' : 'sums';
}

/** One epoch in every `floatEpochs` is exchanged in float32, counted from 1; 0 is off. */
export function isFloatEpoch(compression: CompressionSpec, epoch: number): boolean {
  return compression.floatEpochs > 0 && (epoch + 1) % compression.floatEpochs === 0;
}
