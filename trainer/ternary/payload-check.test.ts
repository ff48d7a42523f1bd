import { beforeAll, describe, expect, test } from '@jest/globals';
import { planChunks, type Chunk } from './chunks.ts';
import { loadKernels, type Kernels } from './kernels.ts';
import { planLayout } from './layout.ts';
import { createPayloadCheck, type PayloadCheck } from './payload-check.ts';
import { payloadBytes, type PlainFormat } from './payload-format.ts';
import { MAX_BYTE_SUM_MEMBERS, sumPacking } from './digit-packing.ts';
import { createDigitRows } from './digit-rows.ts';
import { SCRATCH_BYTES } from './scratch.ts';

const SCRATCH = 4096;
const PAYLOAD = SCRATCH + SCRATCH_BYTES;
const MEMBERS = 4;

// One chunk of two blocks: 90 values of one tensor, so values 90..159 are padding.
const layout = planLayout([{ name: 'w', shape: [90], size: 90 }], () => false);
const chunk = planChunks(layout, { chunkValues: 160, scalerScope: 'tensor' }).chunks[0]!;

let kernels: Kernels;
let check: PayloadCheck;
beforeAll(async () => {
  kernels = await loadKernels(new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true }));
  check = createPayloadCheck(kernels, SCRATCH);
});

/** A payload in which every value is 0. */
function zeroPayload(format: PlainFormat, of: Chunk = chunk, members = MEMBERS): Uint8Array {
  const bytes = payloadBytes(format, of, members);
  const payload = new Uint8Array(kernels.memory.buffer, PAYLOAD, bytes);
  payload.fill(0);
  new Uint8Array(kernels.memory.buffer, SCRATCH, of.blocks * 80).fill(1);
  if (format === 'base3') kernels.packBytes(SCRATCH, of.blocks * 5, PAYLOAD, 5, 3);
  if (format === '2bit') kernels.packBytes(SCRATCH, of.blocks * 5, PAYLOAD, 4, 4);
  if (format === 'sums') packSums(of, members, () => members);
  return payload;
}

/** Packs digits as sums of `members`, whether they can be or not. */
function packSums(of: Chunk, members: number, digitAt: (value: number) => number): void {
  const rows = createDigitRows(kernels, SCRATCH);
  const packing = sumPacking(members);
  const { buffer } = kernels.memory;
  const unpacked =
    members <= MAX_BYTE_SUM_MEMBERS
      ? new Uint8Array(buffer, rows.place(packing), of.blocks * 80)
      : new Uint16Array(buffer, rows.place(packing), of.blocks * 80);
  for (let value = 0; value < unpacked.length; value++) unpacked[value] = digitAt(value);
  rows.pack(packing, { chunk: of, firstBlock: 0, blocks: of.blocks }, PAYLOAD);
}

describe('a payload of zeros passes', () => {
  test.each<PlainFormat>(['float32', 'float16', 'base3', '2bit'])('%s', (format) => {
    expect(check(format, chunk, zeroPayload(format), MEMBERS)).toBeUndefined();
  });

  test.each([1, 2, 3, 4, 5, 8, 12, 19, 20, 127, 128, 200, 255])('sums of %i', (members) => {
    expect(check('sums', chunk, zeroPayload('sums', chunk, members), members)).toBeUndefined();
  });
});

describe('is refused', () => {
  const refused = (format: PlainFormat, spoil: (payload: Uint8Array) => void): string | undefined => {
    const payload = zeroPayload(format);
    spoil(payload);
    return check(format, chunk, payload, MEMBERS);
  };

  test('a payload of another length', () => {
    expect(check('base3', chunk, zeroPayload('base3').subarray(1), MEMBERS)).toBe('31 bytes instead of 32');
  });

  test('a base-3 byte above 242', () => {
    for (let at = 0; at < 32; at++) {
      expect(refused('base3', (payload) => (payload[at] = 243))).toBe('a packed lane is 243, not below 243');
    }
  });

  test('a 2-bit code 3', () => {
    expect(refused('2bit', (payload) => (payload[5] = 0b01_11_01_01))).toBe('a 2-bit code is 3');
  });

  test('a sum digit above 2N: a two-byte lane of 9^5 and more', () => {
    const spoil = (payload: Uint8Array): void => {
      payload[2] = 59_049 & 0xff;
      payload[3] = 59_049 >> 8;
    };
    expect(refused('sums', spoil)).toBe('a packed lane is 59049, not below 59049');
  });

  test.each([3, 5, 8, 12, 20, 128, 255])(
    'a sum of %i whose fields are in range and which is not',
    (members) => {
      zeroPayload('sums', chunk, members);
      const bytes = payloadBytes('sums', chunk, members);
      const payload = new Uint8Array(kernels.memory.buffer, PAYLOAD, bytes);
      for (const at of [0, 17, 89]) {
        packSums(chunk, members, (value) => (value === at ? 2 * members : members));
        expect(check('sums', chunk, payload, members)).toBeUndefined();
        // The first value that the fields can hold and a sum cannot.
        packSums(chunk, members, (value) => (value === at ? 2 * members + 1 : members));
        expect(check('sums', chunk, payload, members)).toBe(
          `a digit is ${2 * members + 1}, not below ${2 * members + 1}`,
        );
      }
    },
  );

  test('a lane of any plane that no digits make', () => {
    // Sums of 5: quotients by 4 in base 3, 5 rows to 16 bytes; the 2 bits that are left, 4 rows to 16 bytes.
    const payload = zeroPayload('sums', chunk, 5);
    payload[31] = 243;
    expect(check('sums', chunk, payload, 5)).toBe('a packed lane is 243, not below 243');
    // Sums of 24: quotients by 4 have 13 values, two rows to 16 bytes.
    const other = zeroPayload('sums', chunk, 24);
    other[0] = 169;
    expect(check('sums', chunk, other, 24)).toBe('a packed lane is 169, not below 169');
  });

  test('padding of split sums that is not a zero code, or behind the last row', () => {
    const members = 5;
    const payload = zeroPayload('sums', chunk, members);
    packSums(chunk, members, (value) => (value === 159 ? members + 1 : members));
    expect(check('sums', chunk, payload, members)).toBe('the padding at value 159 is not a zero code');
    zeroPayload('sums', chunk, members);
    // The second plane: 10 rows in groups of 4, of which the last two are unused.
    payload[32 + 32]! += 1;
    expect(check('sums', chunk, payload, members)).toBe('a digit behind the last row is not 0');
  });

  test('padding that is not a zero code', () => {
    // Value 90 is lane 10 of row 0 of the second block: the most significant digit of byte 16 + 10.
    expect(refused('base3', (payload) => (payload[26]! += 81))).toBe(
      'the padding at value 90 is not a zero code',
    );
    // Value 159 is the last lane of row 9: digit 1 of group 2.
    expect(refused('2bit', (payload) => (payload[47]! += 16))).toBe(
      'the padding at value 159 is not a zero code',
    );
  });

  test('a row behind the chunk`s end that is not 0', () => {
    // 10 rows in groups of 4: the last two digits of group 2 are unused.
    expect(refused('2bit', (payload) => (payload[32]! += 1))).toBe('a digit behind the last row is not 0');
  });

  test.each([
    ['infinity', 0x7f80_0000],
    ['minus infinity', 0xff80_0000],
    ['NaN', 0x7fc0_0000],
  ])('a float32 %s', (_what, bits) => {
    for (const index of [0, 87, 88, 89]) {
      const spoil = (payload: Uint8Array): void =>
        new DataView(payload.buffer).setUint32(PAYLOAD + 4 * index, bits, true);
      expect(refused('float32', spoil)).toMatch(/infinite or not a number/);
    }
  });

  test.each([0x7c00, 0xfc00, 0x7e00])('a float16 of bits %p', (bits) => {
    for (const index of [0, 87, 88, 89]) {
      const spoil = (payload: Uint8Array): void =>
        new DataView(payload.buffer).setUint16(PAYLOAD + 2 * index, bits, true);
      expect(refused('float16', spoil)).toMatch(/infinite or not a number/);
    }
  });
});

test('the largest legal values pass', () => {
  const whole = planLayout([{ name: 'w', shape: [160], size: 160 }], () => false);
  const full = planChunks(whole, { chunkValues: 160, scalerScope: 'tensor' }).chunks[0]!;
  expect(check('base3', full, zeroPayload('base3', full).fill(242), MEMBERS)).toBeUndefined();
  expect(check('sums', full, zeroPayload('sums', full, 20).fill(40), 20)).toBeUndefined();
});
