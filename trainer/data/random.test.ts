import { describe, expect, test } from '@jest/globals';
import { createRandom, threefry2x32, type RandomKey } from './random.ts';

describe('threefry2x32', () => {
  // Known answers of Random123 (tests/kat_vectors, "threefry2x32 20").
  test.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)('gives the published answer for key %p, counter %p', (key, counter, answer) => {
    expect(threefry2x32(key, counter)).toEqual(answer);
  });
});

const key: RandomKey = { seed: 7, step: 3, rank: 1, purpose: 'dropout' };

function firstDraws(of: RandomKey, count = 4): number[] {
  const random = createRandom(of);
  return Array.from({ length: count }, () => random.uint32());
}

describe('createRandom', () => {
  test('draws the same numbers for the same key', () => {
    expect(firstDraws(key)).toEqual(firstDraws({ ...key }));
  });

  test.each<[string, Partial<RandomKey>]>([
    ['seed', { seed: 8 }],
    ['seed beyond 32 bits', { seed: 7 + 2 ** 32 }],
    ['step', { step: 4 }],
    ['rank', { rank: 0 }],
    ['purpose', { purpose: 'augment' }],
  ])('draws other numbers for another %s', (_what, change) => {
    expect(firstDraws({ ...key, ...change })).not.toEqual(firstDraws(key));
  });

  test('takes an absent step and rank for 0', () => {
    expect(firstDraws({ seed: 1, purpose: 'x' })).toEqual(
      firstDraws({ seed: 1, step: 0, rank: 0, purpose: 'x' }),
    );
  });

  test('streams of neighbouring steps and ranks are not correlated', () => {
    const count = 20_000;
    const keys = [key, { ...key, step: 4 }, { ...key, rank: 2 }, { ...key, seed: 8 }];
    const streams = keys.map((of) => firstDraws(of, count).map((draw) => draw / 2 ** 32 - 0.5));
    for (const [i, a] of streams.entries()) {
      for (const b of streams.slice(i + 1)) {
        const correlation = (12 / count) * a.reduce((sum, value, k) => sum + value * b[k]!, 0);
        // Five standard errors.
        expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(count));
      }
    }
  });

  test('integers are uniform below the bound', () => {
    const random = createRandom(key);
    const counts = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 60_000; i++) counts[random.integer(6)]!++;
    for (const found of counts) expect(Math.abs(found - 10_000)).toBeLessThan(500);
    expect(random.integer(1)).toBe(0);
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  test('normals have mean 0 and deviation 1', () => {
    const random = createRandom(key);
    const draws = Array.from({ length: 50_000 }, () => random.normal());
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(variance).toBeCloseTo(1, 1);
    expect(draws.every(Number.isFinite)).toBe(true);
  });

  test.each([0, 1, 2, 5, 6])(
    'fills an array as single draws would, after %d of them and before others',
    (before) => {
      const random = createRandom(key);
      for (let i = 0; i < before; i++) random.uint32();
      const filled = new Float32Array(5);
      random.fillUniform(filled, -2, 2);
      const draws = firstDraws(key, before + 6);
      const expected = draws.slice(before, -1).map((draw) => Math.fround(-2 + (4 * draw) / 2 ** 32));
      expect([...filled]).toEqual(expected);
      expect(random.uint32()).toBe(draws.at(-1));
    },
  );
});
