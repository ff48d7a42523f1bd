import type { Chunk, Piece } from './chunks.ts';
import type { Codec, TernaryCodecOptions } from './chunk-codec.ts';
import { BLOCK_VALUES, FLOAT_BYTES } from './layout.ts';
import { noiseWords } from './noise.ts';
import { BASE3, packedBytes, ROWS_PER_BLOCK, type Radix, sumRadix, TWO_BIT } from './radix.ts';
import { SCRATCH_FLOATS_OFFSET, TILE_BLOCKS } from './scratch.ts';

/**
 * Codes of one chunk. With a shared scaler the pull payload holds integer sums, exact in any order; with local scalers
 * it holds the float32 mean, summed in member order.
 */
export function createTernaryCodec(options: TernaryCodecOptions): Codec {
  const { kernels, plan, packing, scratch } = options;
  const codes = packing === 'base3' ? BASE3 : TWO_BIT;
  const local = options.scaler === 'local';
  const floats = scratch + SCRATCH_FLOATS_OFFSET;
  const key = new Uint32Array(4);

  function pack(rowCount: number, out: number, radix: Radix): void {
    const kernel = radix.laneBytes === 1 ? kernels.packBytes : kernels.packWords;
    kernel(scratch, rowCount, out, radix.digits, radix.radix);
  }

  function unpack(packed: number, rowCount: number, radix: Radix): void {
    const kernel = radix.laneBytes === 1 ? kernels.unpackBytes : kernels.unpackWords;
    kernel(packed, rowCount, scratch, radix.digits, radix.radix, radix.multiplier, radix.shift);
  }

  function unpackContribution(packed: number, rowCount: number, add: boolean): void {
    const kernel = add ? kernels.addBytes : kernels.unpackBytes;
    kernel(packed, rowCount, scratch, codes.digits, codes.radix, codes.multiplier, codes.shift);
  }

  const tileOffset = (firstBlock: number, radix: Radix): number => packedBytes(firstBlock, radix);

  return {
    pushFormat: packing,
    pullFormat: local ? 'float32' : 'sums',
    pushBytes: (chunk) => packedBytes(chunk.blocks, codes),
    pullBytes: (chunk, members) =>
      local ? chunk.values * FLOAT_BYTES : packedBytes(chunk.blocks, sumRadix(members)),

    encode(chunk, { gradient, scalers, noise, out }) {
      const [key0, key1, key2, key3] = noiseWords(noise, key) as unknown as [number, number, number, number];
      if (packing === 'base3') {
        for (const piece of chunk.pieces) {
          const values = gradient + piece.offset * FLOAT_BYTES;
          const to = out + packedBytes((piece.offset - chunk.offset) / BLOCK_VALUES, BASE3);
          const scaler = scalers[piece.unit] as number;
          kernels.ternarizeBase3(
            values,
            piece.blocks,
            scaler,
            key0,
            key1,
            key2,
            key3,
            piece.offset / BLOCK_VALUES,
            to,
          );
        }
        return;
      }
      eachTile(chunk, (firstBlock, blocks) => {
        eachPieceOf(chunk, firstBlock, blocks, (piece, pieceBlocks, tileBlock) => {
          const block = chunk.offset / BLOCK_VALUES + firstBlock + tileBlock;
          const values = gradient + block * BLOCK_VALUES * FLOAT_BYTES;
          const scaler = scalers[piece.unit] as number;
          const rows = scratch + tileBlock * BLOCK_VALUES;
          kernels.ternarizeRows(values, pieceBlocks, scaler, key0, key1, key2, key3, block, rows);
        });
        pack(blocks * ROWS_PER_BLOCK, out + tileOffset(firstBlock, codes), codes);
      });
    },

    reduce(chunk, { contributions, scalers, out }) {
      if (local) {
        reduceToMean(chunk, contributions, scalers, out);
        return;
      }
      const radix = sumRadix(contributions.length);
      eachTile(chunk, (firstBlock, blocks) => {
        const from = tileOffset(firstBlock, codes);
        for (const [member, contribution] of contributions.entries()) {
          unpackContribution(contribution + from, blocks * ROWS_PER_BLOCK, member > 0);
        }
        pack(blocks * ROWS_PER_BLOCK, out + tileOffset(firstBlock, radix), radix);
      });
    },

    decode(chunk, { payload, members, scalers, gradient }) {
      if (local) {
        copyPieces(chunk, payload, gradient);
        return;
      }
      const radix = sumRadix(members);
      eachTile(chunk, (firstBlock, blocks) => {
        unpack(payload + tileOffset(firstBlock, radix), blocks * ROWS_PER_BLOCK, radix);
        eachPieceOf(chunk, firstBlock, blocks, (piece, pieceBlocks, tileBlock) => {
          const to = gradient + (chunk.offset + (firstBlock + tileBlock) * BLOCK_VALUES) * FLOAT_BYTES;
          const step = Math.fround((scalers[piece.unit] as number) / members);
          kernels.rowsToFloats(scratch + tileBlock * BLOCK_VALUES, pieceBlocks, to, members, step);
        });
      });
    },
  };

  /** mean = (s0 * code0 + s1 * code1 + ...) * (1 / members), in member order, every operation rounded to float32. */
  function reduceToMean(
    chunk: Chunk,
    contributions: readonly number[],
    scalers: Float32Array,
    out: number,
  ): void {
    const share = Math.fround(1 / contributions.length);
    let to = out;
    eachTile(chunk, (firstBlock, blocks) => {
      const from = tileOffset(firstBlock, codes);
      for (const [member, contribution] of contributions.entries()) {
        unpackContribution(contribution + from, blocks * ROWS_PER_BLOCK, false);
        const kernel = member === 0 ? kernels.rowsToFloats : kernels.addRowsToFloats;
        eachPieceOf(chunk, firstBlock, blocks, (piece, pieceBlocks, tileBlock) => {
          const scaler = scalers[member * plan.units + piece.unit] as number;
          const at = tileBlock * BLOCK_VALUES;
          kernel(scratch + at, pieceBlocks, floats + at * FLOAT_BYTES, 1, scaler);
        });
      }
      kernels.scaleFloats(floats, blocks * BLOCK_VALUES, share);
      eachPieceOf(chunk, firstBlock, blocks, (_piece, _pieceBlocks, tileBlock, values) => {
        kernels.copy(floats + tileBlock * BLOCK_VALUES * FLOAT_BYTES, to, values * FLOAT_BYTES);
        to += values * FLOAT_BYTES;
      });
    });
  }

  function copyPieces(chunk: Chunk, payload: number, gradient: number): void {
    let from = payload;
    for (const piece of chunk.pieces) {
      kernels.copy(from, gradient + piece.offset * FLOAT_BYTES, piece.values * FLOAT_BYTES);
      from += piece.values * FLOAT_BYTES;
    }
  }
}

function eachTile(chunk: Chunk, work: (firstBlock: number, blocks: number) => void): void {
  for (let block = 0; block < chunk.blocks; block += TILE_BLOCKS) {
    work(block, Math.min(TILE_BLOCKS, chunk.blocks - block));
  }
}

/**
 * The parts of a chunk's pieces within one tile.
 * @param work gets the piece, how many of its blocks lie in the tile, where in the tile they start (blocks), and how many values they hold without padding.
 */
function eachPieceOf(
  chunk: Chunk,
  firstBlock: number,
  blocks: number,
  work: (piece: Piece, pieceBlocks: number, tileBlock: number, values: number) => void,
): void {
  for (const piece of chunk.pieces) {
    const pieceStart = (piece.offset - chunk.offset) / BLOCK_VALUES;
    const start = Math.max(pieceStart, firstBlock);
    const end = Math.min(pieceStart + piece.blocks, firstBlock + blocks);
    if (start >= end) continue;
    const skipped = (start - pieceStart) * BLOCK_VALUES;
    const values = Math.min((end - start) * BLOCK_VALUES, piece.values - skipped);
    work(piece, end - start, start - firstBlock, values);
  }
}
