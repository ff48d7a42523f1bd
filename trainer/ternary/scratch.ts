import { FLOAT_BYTES } from './layout.ts';
import { TILE_VALUES } from './tiles.ts';

/**
 * Scratch memory of one thread, 16-byte aligned. Codec, statistics and optimizer of the same thread share it: none
 * keeps anything there between calls.
 *
 * | offset | bytes  | use                                         |
 * | ------ | ------ | ------------------------------------------- |
 * | 0      | 19,200 | a tile's rows of digits                     |
 * | 19,200 | 76,800 | a tile's values, float32                    |
 * | 19,200 | 38,400 | or: rows of 16-bit digits,                  |
 * | 57,600 | 19,200 |     and fields of a tile's digits           |
 *
 * Statistics and state hash lie at offset 0.
 */
export const SCRATCH_BYTES = TILE_VALUES + TILE_VALUES * FLOAT_BYTES;
export const SCRATCH_FLOATS_OFFSET = TILE_VALUES;
export const SCRATCH_WORDS_OFFSET = TILE_VALUES;
export const SCRATCH_FIELDS_OFFSET = 3 * TILE_VALUES;
