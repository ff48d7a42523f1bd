import type { Codec, FloatCodecOptions } from './chunk-codec.ts';
import { FLOAT_BYTES } from './layout.ts';
import { HALF_BYTES, payloadBytes } from './payload-format.ts';
import { SCRATCH_FLOATS_OFFSET } from './scratch.ts';
import { TILE_VALUES } from './tiles.ts';

/** Values summed at once: a sum and one contribution fit in the scratch memory's floats, and in the cache. */
const STRETCH_VALUES = TILE_VALUES / 4;

/**
 * Values as float32 or float16, both ways. The pull payload is the mean: contributions are summed in member order in
 * float32, times 1 / members, then rounded to the format. Everyone, the owner too, applies the decoded payload.
 */
export function createFloatCodec(options: FloatCodecOptions): Codec {
  return options.format === 'float32' ? float32Codec(options) : float16Codec(options);
}

function float32Codec({ kernels }: FloatCodecOptions): Codec {
  return {
    pushFormat: 'float32',
    pullFormat: 'float32',
    pushBytes: (chunk) => payloadBytes('float32', chunk, 1),
    pullBytes: (chunk) => payloadBytes('float32', chunk, 1),

    encode(chunk, { gradient, out }) {
      let to = out;
      for (const { offset, values } of chunk.pieces) {
        kernels.copy(gradient + offset * FLOAT_BYTES, to, values * FLOAT_BYTES);
        to += values * FLOAT_BYTES;
      }
      return to - out;
    },

    reduce(chunk, { contributions, out }) {
      const share = Math.fround(1 / contributions.length);
      eachStretch(chunk.values, (first, values) => {
        const at = first * FLOAT_BYTES;
        for (const [member, contribution] of contributions.entries()) {
          if (member === 0) kernels.copy(contribution + at, out + at, values * FLOAT_BYTES);
          else kernels.addFloats(out + at, contribution + at, values);
        }
        kernels.scaleFloats(out + at, values, share);
      });
      return chunk.values * FLOAT_BYTES;
    },

    decode(chunk, { payload, gradient }) {
      let from = payload;
      for (const { offset, values } of chunk.pieces) {
        kernels.copy(from, gradient + offset * FLOAT_BYTES, values * FLOAT_BYTES);
        from += values * FLOAT_BYTES;
      }
    },
  };
}

function float16Codec({ kernels, scratch }: FloatCodecOptions): Codec {
  const sum = scratch + SCRATCH_FLOATS_OFFSET;
  const contributed = sum + STRETCH_VALUES * FLOAT_BYTES;
  return {
    pushFormat: 'float16',
    pullFormat: 'float16',
    pushBytes: (chunk) => payloadBytes('float16', chunk, 1),
    pullBytes: (chunk) => payloadBytes('float16', chunk, 1),

    encode(chunk, { gradient, out }) {
      let to = out;
      for (const { offset, values } of chunk.pieces) {
        kernels.floatsToHalves(gradient + offset * FLOAT_BYTES, values, to);
        to += values * HALF_BYTES;
      }
      return to - out;
    },

    reduce(chunk, { contributions, out }) {
      const share = Math.fround(1 / contributions.length);
      eachStretch(chunk.values, (first, values) => {
        const at = first * HALF_BYTES;
        for (const [member, contribution] of contributions.entries()) {
          kernels.halvesToFloats(contribution + at, values, member === 0 ? sum : contributed);
          if (member > 0) kernels.addFloats(sum, contributed, values);
        }
        kernels.scaleFloats(sum, values, share);
        kernels.floatsToHalves(sum, values, out + at);
      });
      return chunk.values * HALF_BYTES;
    },

    decode(chunk, { payload, gradient }) {
      let from = payload;
      for (const { offset, values } of chunk.pieces) {
        kernels.halvesToFloats(from, values, gradient + offset * FLOAT_BYTES);
        from += values * HALF_BYTES;
      }
    },
  };
}

function eachStretch(total: number, work: (first: number, values: number) => void): void {
  for (let first = 0; first < total; first += STRETCH_VALUES) {
    work(first, Math.min(STRETCH_VALUES, total - first));
  }
}
