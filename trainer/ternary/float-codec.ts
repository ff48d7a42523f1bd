import type { Chunk } from './chunks.ts';
import type { Codec, FloatCodecOptions } from './chunk-codec.ts';
import { FLOAT_BYTES } from './layout.ts';
import { SCRATCH_FLOATS_OFFSET, TILE_VALUES } from './scratch.ts';

const HALF_BYTES = 2;

/**
 * Values as float32 or float16, both ways. The pull payload is the mean: contributions are summed in member order in
 * float32, times 1 / members, then rounded to the format. Everyone, the owner too, applies the decoded payload.
 */
export function createFloatCodec(options: FloatCodecOptions): Codec {
  return options.format === 'float32' ? float32Codec(options) : float16Codec(options);
}

function float32Codec({ kernels }: FloatCodecOptions): Codec {
  const bytes = (chunk: Chunk): number => chunk.values * FLOAT_BYTES;
  return {
    pushFormat: 'float32',
    pullFormat: 'float32',
    pushBytes: bytes,
    pullBytes: bytes,

    encode(chunk, { gradient, out }) {
      let to = out;
      for (const { offset, values } of chunk.pieces) {
        kernels.copy(gradient + offset * FLOAT_BYTES, to, values * FLOAT_BYTES);
        to += values * FLOAT_BYTES;
      }
    },

    reduce(chunk, { contributions, out }) {
      const share = Math.fround(1 / contributions.length);
      eachTile(chunk.values, (first, values) => {
        const at = first * FLOAT_BYTES;
        for (const [member, contribution] of contributions.entries()) {
          if (member === 0) kernels.copy(contribution + at, out + at, values * FLOAT_BYTES);
          else kernels.addFloats(out + at, contribution + at, values);
        }
        kernels.scaleFloats(out + at, values, share);
      });
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
  const bytes = (chunk: Chunk): number => chunk.values * HALF_BYTES;
  // A quarter tile for the sum and a quarter tile for one contribution.
  const sum = scratch + SCRATCH_FLOATS_OFFSET;
  const tileValues = TILE_VALUES / 4;
  const contributed = sum + tileValues * FLOAT_BYTES;
  return {
    pushFormat: 'float16',
    pullFormat: 'float16',
    pushBytes: bytes,
    pullBytes: bytes,

    encode(chunk, { gradient, out }) {
      let to = out;
      for (const { offset, values } of chunk.pieces) {
        kernels.floatsToHalves(gradient + offset * FLOAT_BYTES, values, to);
        to += values * HALF_BYTES;
      }
    },

    reduce(chunk, { contributions, out }) {
      const share = Math.fround(1 / contributions.length);
      eachTile(
        chunk.values,
        (first, values) => {
          const at = first * HALF_BYTES;
          for (const [member, contribution] of contributions.entries()) {
            kernels.halvesToFloats(contribution + at, values, member === 0 ? sum : contributed);
            if (member > 0) kernels.addFloats(sum, contributed, values);
          }
          kernels.scaleFloats(sum, values, share);
          kernels.floatsToHalves(sum, values, out + at);
        },
        tileValues,
      );
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

function eachTile(
  total: number,
  work: (first: number, values: number) => void,
  tileValues: number = TILE_VALUES / 4,
): void {
  for (let first = 0; first < total; first += tileValues) work(first, Math.min(tileValues, total - first));
}
