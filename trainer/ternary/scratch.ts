import { BLOCK_VALUES, FLOAT_BYTES } from './layout.ts';

/**
 * Chunks are worked on tile by tile, so that what lies between two kernels stays in the cache. 240 blocks are a whole
 * number of row groups for every packing: 1200 rows, divisible by 1, 2, 3, 4 and 5.
 */
export const TILE_BLOCKS = 240;
export const TILE_VALUES = TILE_BLOCKS * BLOCK_VALUES;

/**
 * Scratch memory of one thread, 16-byte aligned. Codec, statistics, optimizer and payload check of the same thread share it: none
 * keeps anything there between calls.
 *
 * | offset | bytes  | use                             |
 * | ------ | ------ | ------------------------------- |
 * | 0      | 19,200 | a tile's rows of digits         |
 * | 19,200 | 76,800 | a tile's values, float32        |
 *
 * Statistics and hash state lie at offset 0.
 */
export const SCRATCH_BYTES = TILE_VALUES + TILE_VALUES * FLOAT_BYTES;
export const SCRATCH_FLOATS_OFFSET = TILE_VALUES;
