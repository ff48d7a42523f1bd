import type { Codec, CodecOptions } from './chunk-codec.ts';
import { createFloatCodec } from './float-codec.ts';
import { createTernaryCodec } from './ternary-codec.ts';

export type * from './chunk-codec.ts';

/** A codec for one thread. Ternary codecs take ternarized chunks; float codecs take any chunk. */
export function createCodec(options: CodecOptions): Codec {
  return options.format === 'ternary' ? createTernaryCodec(options) : createFloatCodec(options);
}
