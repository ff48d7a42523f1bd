import { BLOCK_VALUES, blocksOf, type FlatLayout, type TensorSlot } from './layout.ts';

/** The part of one tensor that lies in one chunk. */
export interface Piece {
  /** Scaler unit, -1 in an exempt chunk. */
  readonly unit: number;
  /** Index of the tensor in model order. */
  readonly tensor: number;
  /** Values from the start of the flat vector; a multiple of `BLOCK_VALUES`. */
  readonly offset: number;
  readonly blocks: number;
  /** Without the padding at the tensor's end. */
  readonly values: number;
}

/** What one frame carries: a fixed range of the flat vector, the same for every number of members. */
export interface Chunk {
  readonly index: number;
  /** Values from the start of the flat vector; a multiple of `BLOCK_VALUES`. */
  readonly offset: number;
  readonly blocks: number;
  /** Without padding: the values that cross the wire. */
  readonly values: number;
  readonly exempt: boolean;
  /** In the order of the flat vector, without gaps. */
  readonly pieces: readonly Piece[];
}

/** The range of the flat vector that shares one scaler; contiguous. */
export interface ScalerUnit {
  /** Index of the tensor in model order. */
  readonly tensor: number;
  /** Values from the start of the flat vector. */
  readonly offset: number;
  readonly blocks: number;
  /** Without padding. */
  readonly values: number;
}

export interface ChunkPlan {
  readonly chunks: readonly Chunk[];
  /** Number of scaler units. */
  readonly units: number;
  /** By unit. */
  readonly unitRanges: readonly ScalerUnit[];
}

export interface ChunkOptions {
  /** Values per chunk, padding counted; a multiple of `BLOCK_VALUES`. */
  readonly chunkValues: number;
  /** `tensor`: one scaler per ternarized tensor; `chunk`: one per piece of it. */
  readonly scalerScope: 'tensor' | 'chunk';
}

const MIN_DEFAULT_CHUNK_VALUES = 20_480;
export const MAX_DEFAULT_CHUNK_VALUES = 1_048_560;
const DEFAULT_CHUNKS = 16;

/**
 * About a sixteenth of the model: enough chunks that encoding, sending and summing overlap, chunks large enough that
 * a frame's cost does not show. Never from the number of members, so that a run's bytes do not depend on it.
 */
export function defaultChunkValues(values: number): number {
  const wanted = blocksOf(values / DEFAULT_CHUNKS) * BLOCK_VALUES;
  return Math.min(Math.max(wanted, MIN_DEFAULT_CHUNK_VALUES), MAX_DEFAULT_CHUNK_VALUES);
}

/**
 * Cuts the flat vector into chunks. Exempt and ternarized tensors never share one.
 * @throws RangeError when `chunkValues` is not a positive multiple of `BLOCK_VALUES`.
 */
export function planChunks(layout: FlatLayout, options: ChunkOptions): ChunkPlan {
  const { chunkValues, scalerScope } = options;
  if (!Number.isSafeInteger(chunkValues) || chunkValues <= 0 || chunkValues % BLOCK_VALUES !== 0) {
    throw new RangeError(`chunkValues is ${chunkValues}; it must be a positive multiple of ${BLOCK_VALUES}`);
  }
  const byOffset = [...layout.slots].sort((a, b) => a.offset - b.offset);
  const ternarized = byOffset.filter((slot) => !slot.exempt);
  const unitRanges: ScalerUnit[] = [];
  if (scalerScope === 'tensor') {
    for (const slot of ternarized) unitRanges.push(overlap(slot, slot.offset, layout.values)!);
  }
  const unitOfTensor = new Map(unitRanges.map((range, unit) => [range.tensor, unit]));

  const chunks: Chunk[] = [];
  const cut = (from: number, to: number, slots: readonly TensorSlot[], exempt: boolean): void => {
    let first = 0;
    for (let offset = from; offset < to; offset += chunkValues) {
      const end = Math.min(offset + chunkValues, to);
      const pieces: Piece[] = [];
      for (let at = first; at < slots.length; at++) {
        const slot = slots[at]!;
        if (slot.offset >= end) break;
        const range = overlap(slot, offset, end);
        if (range === undefined) {
          first = at + 1;
          continue;
        }
        let unit = -1;
        if (!exempt) {
          unit = unitOfTensor.get(slot.index) ?? unitRanges.length;
          if (unit === unitRanges.length) unitRanges.push(range);
        }
        pieces.push({ unit, ...range });
      }
      const values = pieces.reduce((sum, piece) => sum + piece.values, 0);
      chunks.push({
        index: chunks.length,
        offset,
        blocks: (end - offset) / BLOCK_VALUES,
        values,
        exempt,
        pieces,
      });
    }
  };
  cut(0, layout.ternaryValues, ternarized, false);
  cut(
    layout.ternaryValues,
    layout.values,
    byOffset.filter((slot) => slot.exempt),
    true,
  );
  return { chunks, units: unitRanges.length, unitRanges };
}

/** The part of a tensor within [from, to) of the flat vector; both are multiples of a block. */
function overlap(slot: TensorSlot, from: number, to: number): ScalerUnit | undefined {
  const slotEnd = slot.offset + blocksOf(slot.size) * BLOCK_VALUES;
  const start = Math.max(from, slot.offset);
  const end = Math.min(to, slotEnd);
  if (start >= end) return undefined;
  const values = Math.min(end, slot.offset + slot.size) - start;
  return { tensor: slot.index, offset: start, blocks: (end - start) / BLOCK_VALUES, values };
}
