import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultChunkValues, planChunks, type ChunkOptions } from './chunks.ts';
import { planLayout, type FlatLayout } from './layout.ts';

/** Tensors by size; negative sizes are exempt. */
function layoutOf(...sizes: number[]): FlatLayout {
  const tensors = sizes.map((size, index) => ({
    name: `t${index}`,
    shape: [Math.abs(size)],
    size: Math.abs(size),
  }));
  return planLayout(tensors, (_, index) => sizes[index]! < 0);
}

const perTensor = (chunkValues: number): ChunkOptions => ({ chunkValues, scalerScope: 'tensor' });
const perChunk = (chunkValues: number): ChunkOptions => ({ chunkValues, scalerScope: 'chunk' });

describe('chunks', () => {
  test('cut the flat vector in equal ranges; exempt tensors start a chunk of their own', () => {
    const { chunks } = planChunks(layoutOf(300, -10, 100), perTensor(240));
    // 300 -> 4 blocks, 100 -> 2 blocks, then the exempt 10 -> 1 block
    expect(chunks.map(({ offset, blocks, values, exempt }) => [offset, blocks, values, exempt])).toEqual([
      [0, 3, 240, false],
      [240, 3, 60 + 100, false],
      [480, 1, 10, true],
    ]);
    expect(chunks[1]!.pieces).toEqual([
      { unit: 0, tensor: 0, offset: 240, blocks: 1, values: 60 },
      { unit: 1, tensor: 2, offset: 320, blocks: 2, values: 100 },
    ]);
    expect(chunks[2]!.pieces).toEqual([{ unit: -1, tensor: 1, offset: 480, blocks: 1, values: 10 }]);
  });

  test('give one scaler unit per ternarized tensor in scope `tensor`', () => {
    const plan = planChunks(layoutOf(300, -10, 100), perTensor(80));
    expect(plan.units).toBe(2);
    expect(plan.unitRanges).toEqual([
      { tensor: 0, offset: 0, blocks: 4, values: 300 },
      { tensor: 2, offset: 320, blocks: 2, values: 100 },
    ]);
  });

  test('give one scaler unit per piece in scope `chunk`', () => {
    const plan = planChunks(layoutOf(300, -10, 100), perChunk(240));
    expect(plan.unitRanges).toEqual([
      { tensor: 0, offset: 0, blocks: 3, values: 240 },
      { tensor: 0, offset: 240, blocks: 1, values: 60 },
      { tensor: 2, offset: 320, blocks: 2, values: 100 },
    ]);
    const units = plan.chunks.flatMap(({ pieces }) => pieces.map(({ unit }) => unit));
    expect(units).toEqual([0, 1, 2, -1]);
  });

  test.each([0, -80, 79, 100.5, NaN])('refuse chunkValues %p', (chunkValues) => {
    expect(() => planChunks(layoutOf(100), perTensor(chunkValues))).toThrow(/multiple of 80/);
  });

  test('carry each value once, in order, whatever the sizes', () => {
    const size = fc.integer({ min: -500, max: 500 }).filter((n) => n !== 0);
    const scope = fc.constantFrom<'tensor' | 'chunk'>('tensor', 'chunk');
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        scope,
        (sizes, blocks, scalerScope) => {
          const layout = layoutOf(...sizes);
          const plan = planChunks(layout, { chunkValues: blocks * 80, scalerScope });
          let next = 0;
          for (const [index, chunk] of plan.chunks.entries()) {
            expect(chunk).toMatchObject({ index, offset: next });
            for (const piece of chunk.pieces) {
              expect(piece.offset).toBe(next);
              next += piece.blocks * 80;
              expect(layout.slots[piece.tensor]!.exempt).toBe(chunk.exempt);
              const unit = plan.unitRanges[piece.unit];
              if (chunk.exempt) expect(piece.unit).toBe(-1);
              else expect(unit!.tensor).toBe(piece.tensor);
            }
            expect(next).toBe(chunk.offset + chunk.blocks * 80);
          }
          expect(next).toBe(layout.values);
          const carried = plan.chunks.reduce((sum, { values }) => sum + values, 0);
          expect(carried).toBe(layout.parameterCount);
          const ofUnits = plan.unitRanges.reduce((sum, { values }) => sum + values, 0);
          expect(ofUnits).toBe(
            layout.slots.filter((slot) => !slot.exempt).reduce((sum, slot) => sum + slot.size, 0),
          );
        },
      ),
    );
  });
});

describe('the default chunk size', () => {
  test.each([
    ['a tiny model', 1000, 20_480],
    ['LeNet', 1_256_080, 78_560],
    ['AlexNet', 61_000_000, 1_048_560],
  ])('for %s of %i values is %i', (_model, values, chunkValues) => {
    expect(defaultChunkValues(values)).toBe(chunkValues);
    expect(chunkValues % 80).toBe(0);
  });
});
