import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planChunks, type Chunk } from '../chunks.ts';
import { MAX_SUM_MEMBERS, sumPacking } from '../digit-packing.ts';
import { createDigitRows } from '../digit-rows.ts';
import type { Kernels } from '../kernels.ts';
import { planLayout } from '../layout.ts';
import { createPayloadCheck } from '../payload-check.ts';
import { payloadBytes } from '../payload-format.ts';
import { createTwins, type Twins } from '../reference/twins.ts';
import { SCRATCH_BYTES } from '../scratch.ts';
import { planCoderMemory } from './coder-memory.ts';
import { createEntropyCoder, symbolBytes, type EntropyCoder } from './entropy-coder.ts';

const SCRATCH = 64;
const CODER = 98_304;
const PLAIN = 196_608;
const CODED = 229_376;
const VALUES = 4000;

let twins: Twins;
let coders: ReadonlyMap<Kernels, EntropyCoder>;
let chunk: Chunk;
beforeAll(async () => {
  twins = await createTwins(262_144);
  const layout = planLayout([{ name: 'w', shape: [VALUES], size: VALUES }], () => false);
  chunk = planChunks(layout, { chunkValues: VALUES, scalerScope: 'tensor' }).chunks[0]!;
  const memory = planCoderMemory(CODER, {
    payloadBytes: payloadBytes('sums', chunk, MAX_SUM_MEMBERS),
    symbolBytes: Math.max(
      ...Array.from({ length: MAX_SUM_MEMBERS }, (_, i) => symbolBytes(chunk.blocks, i + 1)),
    ),
  });
  expect(SCRATCH + SCRATCH_BYTES).toBeLessThanOrEqual(CODER);
  expect(CODER + memory.bytes).toBeLessThanOrEqual(PLAIN);
  coders = new Map(
    [twins.simd, twins.reference].map((kernels) => [kernels, createEntropyCoder(kernels, memory, SCRATCH)]),
  );
});

/** Writes the plain payload of sums of `members` codes, of which a share is not zero. */
function placeSums(members: number, density: number, seed: number): void {
  let state = seed | 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const sum = (): number => {
    let digit = members;
    for (let i = 0; i < members; i++) if (random() < density) digit += random() < 0.5 ? 1 : -1;
    return digit;
  };
  const packing = sumPacking(members);
  const rows = createDigitRows(twins.reference, SCRATCH);
  const digits = Array.from({ length: VALUES }, sum);
  twins.write(
    rows.place(packing),
    packing.rowBytes === 1 ? Uint8Array.from(digits) : Uint16Array.from(digits),
  );
  twins.expectEqual((kernels) =>
    createDigitRows(kernels, SCRATCH).pack(packing, { chunk, firstBlock: 0, blocks: chunk.blocks }, PLAIN),
  );
}

const bytesAt = (at: number, length: number): Buffer =>
  Buffer.from(new Uint8Array(twins.simd.memory.buffer, at, length).slice());

const coderOf = (kernels: Kernels): EntropyCoder => coders.get(kernels)!;

/** Codes what lies at PLAIN; returns the length of the coded payload. */
function codeSums(members: number): number {
  let length = 0;
  twins.expectEqual((kernels) => {
    const coded = coderOf(kernels).code('entropy-sums', chunk, members, PLAIN, CODED);
    length = coded ?? 0;
    return coded;
  });
  return length;
}

function restoreSums(members: number, payload: Uint8Array): string | undefined {
  const { payload: at } = coderOf(twins.simd);
  twins.write(at, payload);
  let fault: string | undefined;
  twins.expectEqual((kernels) => {
    fault = coderOf(kernels).restore('entropy-sums', chunk, members, payload.length, PLAIN);
    return fault;
  });
  return fault;
}

describe('entropy coded sums', () => {
  test('of any number of members come back, and SIMD and reference write the same bytes', () => {
    const counts = fc.oneof(
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom(64, 127, 128, 129, 200, 254, 255),
    );
    fc.assert(
      fc.property(counts, fc.constantFrom(0.02, 0.3), fc.integer(), (members, density, seed) => {
        placeSums(members, density, seed);
        const plain = bytesAt(PLAIN, payloadBytes('sums', chunk, members));
        const length = codeSums(members);
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThan(plain.length);
        const coded = bytesAt(CODED, length);
        twins.write(PLAIN, new Uint8Array(plain.length));
        expect(restoreSums(members, coded)).toBeUndefined();
        expect(bytesAt(PLAIN, plain.length)).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });

  test.each([128, 255])(
    'of %i members: whatever arrives is refused or makes a sum that can be',
    (members) => {
      placeSums(members, 0.3, 5);
      const length = codeSums(members);
      const coded = bytesAt(CODED, length);
      const check = createPayloadCheck(twins.simd, SCRATCH);
      const plainBytes = payloadBytes('sums', chunk, members);
      fc.assert(
        fc.property(fc.nat(length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
          const spoilt = Buffer.from(coded);
          spoilt[at]! ^= bits;
          const fault = restoreSums(members, spoilt);
          if (fault !== undefined) return;
          const payload = new Uint8Array(twins.simd.memory.buffer, PLAIN, plainBytes);
          // The lowest bits are sent as they are, so what comes may be a sum; if it is not, the check says so.
          const wrong = check('sums', chunk, payload, members);
          if (wrong === undefined) return;
          expect(wrong).toBe(`a digit is ${2 * members + 1}, not below ${2 * members + 1}`);
        }),
        { numRuns: 60 },
      );
    },
  );

  test('of 255 members that are shorter than the bits sent as they are: refused', () => {
    expect(restoreSums(255, new Uint8Array(100))).toBe(
      '100 bytes are fewer than the 512 that are sent as they are',
    );
  });

  test.each([1, 0.5])('are coded where that leaves less than %d of the bytes, else not begun', (share) => {
    for (const density of [0.01, 0.3, 0.66]) {
      placeSums(2, density, 3);
      const plainBytes = payloadBytes('sums', chunk, 2);
      const any = codeSums(2);
      let coded: number | undefined;
      twins.expectEqual((kernels) => {
        coded = coderOf(kernels).code('entropy-sums', chunk, 2, PLAIN, CODED, share);
        return coded;
      });
      expect(any).toBeGreaterThan(0);
      expect(coded).toBe(any < share * plainBytes ? any : undefined);
    }
  });

  test('of 255 members take what their entropy is, nearly', () => {
    placeSums(255, 0.32, 9);
    // Variance 255 * 0.32: log2(sqrt(2 pi e * variance)) bits of a Gaussian.
    const entropyBits = Math.log2(Math.sqrt(2 * Math.PI * Math.E * 255 * 0.32));
    const bits = (8 * codeSums(255)) / VALUES;
    expect(bits).toBeGreaterThan(entropyBits);
    // A model of 129 classes and the states, in a chunk as small as this.
    expect(bits).toBeLessThan(entropyBits + (8 * (256 + 16)) / VALUES + 0.1);
  });
});
