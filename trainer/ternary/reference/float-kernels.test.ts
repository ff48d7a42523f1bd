import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gradientValues } from './arbitraries.ts';
import { fromHalf, toHalf } from './half.ts';
import { createTwins, type Twins } from './twins.ts';

const A = 1024;
const B = 8192;
const HALVES = 16_384;

let twins: Twins;
beforeAll(async () => {
  twins = await createTwins(4_000_000);
});

const values = gradientValues({ minLength: 1, maxLength: 90 });

describe('SIMD and reference write the same bytes at every length', () => {
  test('addFloats and scaleFloats', () => {
    fc.assert(
      fc.property(values, fc.float({ noNaN: true, noDefaultInfinity: true }), (data, factor) => {
        twins.write(A, data);
        twins.write(B, data.toReversed());
        twins.expectEqual((kernels) => kernels.addFloats(A, B, data.length));
        twins.expectEqual((kernels) => kernels.scaleFloats(A, data.length, factor));
        twins.expectEqual((kernels) => kernels.maxAbsoluteBits(A, data.length));
      }),
    );
  });

  test('floatsToHalves and halvesToFloats, at any place', () => {
    fc.assert(
      fc.property(values, fc.nat(7), (data, skip) => {
        const halves = HALVES + 2 * skip;
        twins.write(A, data);
        twins.expectEqual((kernels) => kernels.floatsToHalves(A, data.length, halves));
        twins.expectEqual((kernels) => kernels.halvesToFloats(halves, data.length, B));
      }),
    );
  });

  test('copy', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(15), fc.nat(15), (data, from, to) => {
        twins.write(A + from, data);
        twins.expectEqual((kernels) => kernels.copy(A + from, B + to, data.length));
      }),
    );
  });
});

describe('float16', () => {
  const finiteHalves = Array.from({ length: 0x1_0000 }, (_, half) => half).filter(
    (half) => (half & 0x7c00) !== 0x7c00,
  );

  test('every finite half survives the way to float32 and back', () => {
    twins.write(HALVES, Uint16Array.from(finiteHalves));
    const floats = 262_144;
    twins.expectEqual((kernels) => kernels.halvesToFloats(HALVES, finiteHalves.length, floats));
    twins.expectEqual((kernels) => kernels.floatsToHalves(floats, finiteHalves.length, HALVES));
    const back = new Uint16Array(twins.simd.memory.buffer, HALVES, finiteHalves.length);
    expect(finiteHalves.every((half, i) => back[i] === half)).toBe(true);
  });

  test('around every half and every midpoint, SIMD rounds as the reference does', () => {
    const floats = new Float32Array(finiteHalves.length * 4);
    for (const [i, half] of finiteHalves.entries()) {
      const value = fromHalf(half);
      const next = fromHalf(half + 1);
      const midpoint = Number.isFinite(next) ? (value + next) / 2 : value;
      floats.set(
        [value * (1 + 2 ** -20), midpoint, midpoint * (1 + 2 ** -23), midpoint * (1 - 2 ** -24)],
        i * 4,
      );
    }
    twins.write(1_048_576, floats);
    twins.expectEqual((kernels) => kernels.floatsToHalves(1_048_576, floats.length, HALVES));
  });

  // sign, 5 bits of exponent (bias 15), 10 bits of mantissa
  test.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff], // largest
    [65_519.996, 0x7bff],
    [2 ** -14, 0x0400], // smallest normal
    [2 ** -24, 0x0001], // smallest subnormal
    [2 ** -25, 0x0000], // tie, to even
    [1.5 * 2 ** -24, 0x0002], // tie, to even
    [1 + 2 ** -11, 0x3c00], // tie, to even
    [1 + 3 * 2 ** -11, 0x3c02], // tie, to even
    [1 + 2 ** -11 + 2 ** -20, 0x3c01],
  ])('%p is 0x%p', (value, half) => {
    expect(toHalf(Math.fround(value))).toBe(half);
    twins.write(A, Float32Array.of(value));
    twins.simd.floatsToHalves(A, 1, HALVES);
    expect(new Uint16Array(twins.simd.memory.buffer, HALVES, 1)[0]).toBe(half);
  });
});
