import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BASE3_PACKING, MAX_SUM_MEMBERS, sumPacking, TWO_BIT_PACKING } from './digit-packing.ts';
import { createDigitRows, type DigitRows } from './digit-rows.ts';
import type { Kernels } from './kernels.ts';
import { createTwins, type Twins } from './reference/twins.ts';
import { SCRATCH_BYTES } from './scratch.ts';

const SCRATCH = 64;
const PAYLOAD = 131_072;
const PAYLOAD_END = 196_608;

let twins: Twins;
beforeAll(async () => {
  twins = await createTwins(262_144);
  expect(SCRATCH + SCRATCH_BYTES).toBeLessThan(PAYLOAD);
});

const rowsOf = (kernels: Kernels): DigitRows => createDigitRows(kernels, SCRATCH);

function randomDigits(count: number, radix: number, seed: number): number[] {
  let state = seed | 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The ends are where a packing goes wrong.
    if (state % 7 === 0) return radix - 1;
    return (state >>> 8) % radix;
  });
}

const members = fc.integer({ min: 1, max: MAX_SUM_MEMBERS });

describe('rows of digits', () => {
  test('come back from any packing at every tail length, and SIMD and reference write the same bytes', () => {
    fc.assert(
      fc.property(
        members,
        fc.integer({ min: 1, max: 40 }),
        fc.nat(200),
        fc.integer(),
        (count, blocks, before, seed) => {
          const packing = sumPacking(count);
          const digits = randomDigits(blocks * 80, packing.radix, seed);
          const [Rows, place] = [
            packing.rowBytes === 1 ? Uint8Array : Uint16Array,
            rowsOf(twins.simd).place(packing),
          ];
          // As the last tile of a longer chunk; 24 blocks are whole groups of any packing.
          const firstBlock = 24 * (before % 3);
          const range = { chunk: { blocks: firstBlock + blocks }, firstBlock, blocks };
          twins.write(place, Rows.from(digits));
          twins.expectEqual((kernels) => rowsOf(kernels).pack(packing, range, PAYLOAD));
          twins.write(place, new Rows(digits.length));
          twins.expectEqual((kernels) => rowsOf(kernels).unpack(packing, range, PAYLOAD));
          twins.expectEqual((kernels) => rowsOf(kernels).largest(packing, blocks));
          const { buffer } = twins.simd.memory;
          const back =
            packing.rowBytes === 1
              ? new Uint8Array(buffer, place, digits.length)
              : new Uint16Array(buffer, place, digits.length);
          expect([...back]).toEqual(digits);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('sums of contributions are exact for every number of members', () => {
    for (const [packing, values] of [
      [BASE3_PACKING, 3],
      [TWO_BIT_PACKING, 3],
    ] as const) {
      for (const count of [1, 2, 126, 127, 128, 129, 253, 254, 255]) {
        const range = { chunk: { blocks: 1 }, firstBlock: 0, blocks: 1 };
        const expected = Array.from({ length: 80 }, () => 0);
        const contributions: number[] = [];
        for (let member = 0; member < count; member++) {
          // The most that there can be in the first value: all of them 2.
          const codes = randomDigits(80, values, member * 31 + 5).map((code, i) => (i === 0 ? 2 : code));
          for (const [i, code] of codes.entries()) expected[i]! += code;
          twins.write(SCRATCH, Uint8Array.from(codes));
          const at = PAYLOAD + member * 64;
          expect(at + 64).toBeLessThanOrEqual(PAYLOAD_END);
          twins.expectEqual((kernels) => rowsOf(kernels).pack(packing, range, at));
          contributions.push(at);
        }
        twins.expectEqual((kernels) => rowsOf(kernels).sum(packing, range, contributions));
        const { rowBytes } = sumPacking(count);
        const place = rowsOf(twins.simd).place({ rowBytes });
        const { buffer } = twins.simd.memory;
        const sums = rowBytes === 1 ? new Uint8Array(buffer, place, 80) : new Uint16Array(buffer, place, 80);
        expect([...sums]).toEqual(expected);
        expect(rowsOf(twins.simd).largest({ rowBytes }, 1)).toBe(2 * count);
      }
    }
  });
});
