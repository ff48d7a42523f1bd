import type { Chunk } from './chunks.ts';
import { MAX_BYTE_SUM_MEMBERS, type DigitPacking } from './digit-packing.ts';
import type { Kernels } from './kernels.ts';
import { packedBytes, ROW_VALUES, ROWS_PER_BLOCK } from './radix.ts';
import { SCRATCH_FIELDS_OFFSET, SCRATCH_WORDS_OFFSET } from './scratch.ts';

/** Some blocks of a chunk: a tile. */
export interface BlockRange {
  readonly chunk: Pick<Chunk, 'blocks'>;
  /** From the chunk's start. */
  readonly firstBlock: number;
  /** At most a tile's. */
  readonly blocks: number;
}

/** Rows of digits of a tile in a thread's scratch, and payloads of packed digits. All pointers are byte offsets. */
export interface DigitRows {
  /** Where rows of a packing lie: of bytes, or of 16-bit digits. */
  place(packing: Pick<DigitPacking, 'rowBytes'>): number;
  pack(packing: DigitPacking, range: BlockRange, payload: number): void;
  unpack(packing: DigitPacking, range: BlockRange, payload: number): void;
  /** Rows = digit by digit sums of contributions, which are packed alike and hold digits 0..2. */
  sum(packing: DigitPacking, range: BlockRange, contributions: readonly number[]): void;
  /** Largest digit of the rows. */
  largest(packing: Pick<DigitPacking, 'rowBytes'>, blocks: number): number;
}

/** @param scratch see scratch.ts. */
export function createDigitRows(kernels: Kernels, scratch: number): DigitRows {
  const words = scratch + SCRATCH_WORDS_OFFSET;
  const fields = scratch + SCRATCH_FIELDS_OFFSET;

  /** Calls `work` with each plane, and where its part of the range lies. */
  function eachPlane(
    { planes }: DigitPacking,
    { chunk, firstBlock }: BlockRange,
    payload: number,
    work: (plane: DigitPacking['planes'][number], at: number, index: number) => void,
  ): void {
    let start = payload;
    for (const [index, plane] of planes.entries()) {
      work(plane, start + packedBytes(firstBlock, plane.radix), index);
      start += packedBytes(chunk.blocks, plane.radix);
    }
  }

  const place: DigitRows['place'] = ({ rowBytes }) => (rowBytes === 1 ? scratch : words);

  return {
    place,

    pack(packing, range, payload) {
      const rows = range.blocks * ROWS_PER_BLOCK;
      const isWhole = packing.planes.length === 1;
      const take = packing.rowBytes === 1 ? kernels.takeFields : kernels.takeWordFields;
      eachPlane(packing, range, payload, ({ radix, shift, mask }, at) => {
        if (!isWhole) take(place(packing), rows, fields, shift, mask);
        const kernel = radix.laneBytes === 1 ? kernels.packBytes : kernels.packWords;
        kernel(isWhole ? scratch : fields, rows, at, radix.digits, radix.radix);
      });
    },

    unpack(packing, range, payload) {
      const rows = range.blocks * ROWS_PER_BLOCK;
      const { planes, rowBytes } = packing;
      eachPlane(packing, range, payload, ({ radix, shift }, at, index) => {
        const kernel = radix.laneBytes === 1 ? kernels.unpackBytes : kernels.unpackWords;
        const to = index === 0 ? scratch : fields;
        kernel(at, rows, to, radix.digits, radix.radix, radix.multiplier, radix.shift);
        if (index === 0) {
          if (rowBytes === 2) kernels.widenRows(scratch, rows, words);
          return;
        }
        const append = rowBytes === 1 ? kernels.appendFields : kernels.appendWordFields;
        append(place(packing), rows, fields, planes[index - 1]!.shift - shift);
      });
    },

    sum({ planes }, { firstBlock, blocks }, contributions) {
      const { radix } = planes[0]!;
      const at = packedBytes(firstBlock, radix);
      const rows = blocks * ROWS_PER_BLOCK;
      const isWide = contributions.length > MAX_BYTE_SUM_MEMBERS;
      for (const [member, contribution] of contributions.entries()) {
        // Rows of bytes are emptied into 16-bit rows before they overflow.
        const isFirst = member % MAX_BYTE_SUM_MEMBERS === 0;
        const isLast =
          member % MAX_BYTE_SUM_MEMBERS === MAX_BYTE_SUM_MEMBERS - 1 || member === contributions.length - 1;
        const kernel = isFirst ? kernels.unpackBytes : kernels.addBytes;
        kernel(contribution + at, rows, scratch, radix.digits, radix.radix, radix.multiplier, radix.shift);
        if (!isWide || !isLast) continue;
        if (member < MAX_BYTE_SUM_MEMBERS) kernels.widenRows(scratch, rows, words);
        else kernels.appendWordFields(words, rows, scratch, 0);
      }
    },

    largest(packing, blocks) {
      const values = blocks * ROWS_PER_BLOCK * ROW_VALUES;
      return packing.rowBytes === 1
        ? kernels.maxByte(scratch, values)
        : kernels.maxWord(words, values, 0xffff);
    },
  };
}
