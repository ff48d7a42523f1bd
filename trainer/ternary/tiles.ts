import type { Chunk, Piece } from './chunks.ts';
import { BLOCK_VALUES } from './layout.ts';

/**
 * Chunks are worked on tile by tile, so that what lies between two kernels stays in the cache. 240 blocks are a whole
 * number of row groups for every packing: 1200 rows, divisible by 1, 2, 3, 4, 5 and 8.
 */
const TILE_BLOCKS = 240;
export const TILE_VALUES = TILE_BLOCKS * BLOCK_VALUES;

/** Calls `work` with each tile's first block, counted from the chunk's start, and its number of blocks. */
export function eachTile(chunk: Chunk, work: (firstBlock: number, blocks: number) => void): void {
  for (let block = 0; block < chunk.blocks; block += TILE_BLOCKS) {
    work(block, Math.min(TILE_BLOCKS, chunk.blocks - block));
  }
}

/** The part of a piece that lies in a tile. */
export interface TilePart {
  readonly piece: Piece;
  /** Where it starts, in blocks from the tile's start. */
  readonly tileBlock: number;
  readonly blocks: number;
  /** Without padding. */
  readonly values: number;
}

export function eachPartOfTile(
  chunk: Chunk,
  firstBlock: number,
  blocks: number,
  work: (part: TilePart) => void,
): void {
  for (const piece of chunk.pieces) {
    const pieceStart = (piece.offset - chunk.offset) / BLOCK_VALUES;
    const start = Math.max(pieceStart, firstBlock);
    const end = Math.min(pieceStart + piece.blocks, firstBlock + blocks);
    if (start >= end) continue;
    const before = (start - pieceStart) * BLOCK_VALUES;
    const values = Math.min((end - start) * BLOCK_VALUES, piece.values - before);
    work({ piece, tileBlock: start - firstBlock, blocks: end - start, values });
  }
}
