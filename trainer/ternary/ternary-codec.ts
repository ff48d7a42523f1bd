import type { Chunk } from './chunks.ts';
import type { Codec, EncodeArguments, ReduceArguments, TernaryCodecOptions } from './chunk-codec.ts';
import { BLOCK_VALUES, FLOAT_BYTES } from './layout.ts';
import { noiseWords } from './noise.ts';
import { payloadBytes } from './payload-format.ts';
import { BASE3_PACKING, sumPacking, TWO_BIT_PACKING, type DigitPacking } from './digit-packing.ts';
import { createDigitRows } from './digit-rows.ts';
import { BASE3, packedBytes } from './radix.ts';
import { SCRATCH_FLOATS_OFFSET } from './scratch.ts';
import { eachPartOfTile, eachTile } from './tiles.ts';

type Encode = (chunk: Chunk, args: EncodeArguments) => void;
type Reduce = (chunk: Chunk, args: ReduceArguments) => void;

/**
 * Codes of one chunk. With a shared scaler the pull payload holds integer sums, exact in any order; with local scalers
 * it holds the float32 mean, summed in member order.
 */
export function createTernaryCodec(options: TernaryCodecOptions): Codec {
  const { packing } = options;
  const pullFormat = options.scaler === 'local' ? 'float32' : 'sums';
  const encode = packing === 'base3' ? base3Encoder(options) : twoBitEncoder(options);
  const reduce = pullFormat === 'sums' ? sumReducer(options) : meanReducer(options);
  return {
    pushFormat: packing,
    pullFormat,
    pushBytes: (chunk) => payloadBytes(packing, chunk, 1),
    pullBytes: (chunk, members) => payloadBytes(pullFormat, chunk, members),
    encode: (chunk, args) => {
      encode(chunk, args);
      return payloadBytes(packing, chunk, 1);
    },
    reduce: (chunk, args) => {
      reduce(chunk, args);
      return payloadBytes(pullFormat, chunk, args.contributions.length);
    },
    decode: pullFormat === 'sums' ? sumDecoder(options) : meanDecoder(options),
  };
}

/** Straight from the gradient to packed bytes: a block is 16 of them. */
function base3Encoder({ kernels }: TernaryCodecOptions): Encode {
  const key = new Uint32Array(4);
  return (chunk, { gradient, scalers, noise, out }) => {
    noiseWords(noise, key);
    for (const { unit, offset, blocks } of chunk.pieces) {
      const values = gradient + offset * FLOAT_BYTES;
      const to = out + packedBytes((offset - chunk.offset) / BLOCK_VALUES, BASE3);
      const block = offset / BLOCK_VALUES;
      kernels.ternarizeBase3(values, blocks, scalers[unit]!, key[0]!, key[1]!, key[2]!, key[3]!, block, to);
    }
  };
}

/** A block is not a whole number of 2-bit groups, so the codes go through a tile of rows. */
function twoBitEncoder({ kernels, scratch }: TernaryCodecOptions): Encode {
  const rowsOf = createDigitRows(kernels, scratch);
  const key = new Uint32Array(4);
  const ternarize = (
    chunk: Chunk,
    { gradient, scalers }: EncodeArguments,
    firstBlock: number,
    blocks: number,
  ): void =>
    eachPartOfTile(chunk, firstBlock, blocks, ({ piece, tileBlock, blocks: partBlocks }) => {
      const block = chunk.offset / BLOCK_VALUES + firstBlock + tileBlock;
      const values = gradient + block * BLOCK_VALUES * FLOAT_BYTES;
      const rows = scratch + tileBlock * BLOCK_VALUES;
      const scaler = scalers[piece.unit]!;
      kernels.ternarizeRows(values, partBlocks, scaler, key[0]!, key[1]!, key[2]!, key[3]!, block, rows);
    });
  return (chunk, args) => {
    noiseWords(args.noise, key);
    eachTile(chunk, (firstBlock, blocks) => {
      ternarize(chunk, args, firstBlock, blocks);
      rowsOf.pack(TWO_BIT_PACKING, { chunk, firstBlock, blocks }, args.out);
    });
  };
}

function sumReducer({ kernels, packing, scratch }: TernaryCodecOptions): Reduce {
  const codes = codesOf(packing);
  const rows = createDigitRows(kernels, scratch);
  return (chunk, { contributions, out }) => {
    const sums = sumPacking(contributions.length);
    eachTile(chunk, (firstBlock, blocks) => {
      const range = { chunk, firstBlock, blocks };
      rows.sum(codes, range, contributions);
      rows.pack(sums, range, out);
    });
  };
}

/** (sum - members) * (scaler / members): the quotient is rounded to float32 first, then the product. */
function sumDecoder({ kernels, scratch }: TernaryCodecOptions): Codec['decode'] {
  const rows = createDigitRows(kernels, scratch);
  return (chunk, { payload, members, scalers, gradient }) => {
    const sums = sumPacking(members);
    const toFloats = sums.rowBytes === 1 ? kernels.rowsToFloats : kernels.wordsToFloats;
    eachTile(chunk, (firstBlock, blocks) => {
      rows.unpack(sums, { chunk, firstBlock, blocks }, payload);
      eachPartOfTile(chunk, firstBlock, blocks, ({ piece, tileBlock, blocks: partBlocks }) => {
        const from = rows.place(sums) + tileBlock * BLOCK_VALUES * sums.rowBytes;
        const to = gradient + (chunk.offset + (firstBlock + tileBlock) * BLOCK_VALUES) * FLOAT_BYTES;
        toFloats(from, partBlocks, to, members, Math.fround(scalers[piece.unit]! / members));
      });
    });
  };
}

/** (s0 * code0 + s1 * code1 + ...) * (1 / members) in member order, every operation rounded to float32. */
function meanReducer({ kernels, plan, packing, scratch }: TernaryCodecOptions): Reduce {
  const codes = codesOf(packing);
  const rows = createDigitRows(kernels, scratch);
  const floats = scratch + SCRATCH_FLOATS_OFFSET;
  const addMember = (
    chunk: Chunk,
    args: ReduceArguments,
    member: number,
    first: number,
    blocks: number,
  ): void => {
    rows.unpack(codes, { chunk, firstBlock: first, blocks }, args.contributions[member]!);
    const kernel = member === 0 ? kernels.rowsToFloats : kernels.addRowsToFloats;
    eachPartOfTile(chunk, first, blocks, ({ piece, tileBlock, blocks: partBlocks }) => {
      const at = tileBlock * BLOCK_VALUES;
      kernel(
        scratch + at,
        partBlocks,
        floats + at * FLOAT_BYTES,
        1,
        args.scalers[member * plan.units + piece.unit]!,
      );
    });
  };
  return (chunk, args) => {
    const members = args.contributions.length;
    const share = Math.fround(1 / members);
    let to = args.out;
    eachTile(chunk, (firstBlock, blocks) => {
      for (let member = 0; member < members; member++) addMember(chunk, args, member, firstBlock, blocks);
      kernels.scaleFloats(floats, blocks * BLOCK_VALUES, share);
      eachPartOfTile(chunk, firstBlock, blocks, ({ tileBlock, values }) => {
        kernels.copy(floats + tileBlock * BLOCK_VALUES * FLOAT_BYTES, to, values * FLOAT_BYTES);
        to += values * FLOAT_BYTES;
      });
    });
  };
}

function meanDecoder({ kernels }: TernaryCodecOptions): Codec['decode'] {
  return (chunk, { payload, gradient }) => {
    let from = payload;
    for (const { offset, values } of chunk.pieces) {
      kernels.copy(from, gradient + offset * FLOAT_BYTES, values * FLOAT_BYTES);
      from += values * FLOAT_BYTES;
    }
  };
}

function codesOf(packing: TernaryCodecOptions['packing']): DigitPacking {
  return packing === 'base3' ? BASE3_PACKING : TWO_BIT_PACKING;
}
