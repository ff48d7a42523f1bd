import { describe, expect, test } from '@jest/globals';
import { BLOCK_VALUES } from './layout.ts';
import { noiseWords, type NoiseKey } from './noise.ts';
import { referenceKernels } from './reference/index.ts';
import { loadKernels } from './kernels.ts';

const BLOCKS = 2000;
const GRADIENT = 64;
const ROWS = GRADIENT + BLOCKS * BLOCK_VALUES * 4;
const COUNT = BLOCKS * BLOCK_VALUES;

const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
const kernels = await loadKernels(memory);
const base: NoiseKey = { seed: 7, step: 100, rank: 2 };

/** 1 where a value fires. With scaler 1 a gradient of p fires with probability p. */
function fired(key: NoiseKey, probability = 0.5, firstBlock = 0): Uint8Array {
  new Float32Array(memory.buffer, GRADIENT, COUNT).fill(probability);
  const [k0, k1, k2, k3] = noiseWords(key, new Uint32Array(4));
  kernels.ternarizeRows(GRADIENT, BLOCKS, 1, k0!, k1!, k2!, k3!, firstBlock, ROWS);
  return new Uint8Array(memory.buffer, ROWS, COUNT).map((code) => code - 1);
}

/** Correlation of two fair binary sequences, in standard errors: unrelated ones stay within about 4. */
function correlation(a: Uint8Array, b: Uint8Array, shift = 0): number {
  let sum = 0;
  const count = a.length - shift;
  for (let i = 0; i < count; i++) sum += (2 * a[i]! - 1) * (2 * b[i + shift]! - 1);
  return Math.abs(sum) / Math.sqrt(count);
}

describe('keys', () => {
  test('neighbouring seeds, steps and ranks have four different words', () => {
    const keys: NoiseKey[] = [
      base,
      { ...base, seed: 8 },
      { ...base, step: 101 },
      { ...base, rank: 3 },
      { seed: 100, step: 7, rank: 2 },
      { ...base, step: 100 + 2 ** 32 },
    ];
    for (let word = 0; word < 4; word++) {
      expect(new Set(keys.map((key) => noiseWords(key, new Uint32Array(4))[word])).size).toBe(keys.length);
    }
  });

  test('the all-zero key is as good as another', () => {
    expect(new Set(noiseWords({ seed: 0, step: 0, rank: 0 }, new Uint32Array(4))).size).toBe(4);
  });
});

describe('noise', () => {
  test('is the same for the same key', () => {
    expect(Buffer.compare(fired(base), fired(base))).toBe(0);
  });

  test.each<[string, NoiseKey]>([
    ['the next step', { ...base, step: 101 }],
    ['the next rank', { ...base, rank: 3 }],
    ['the next seed', { ...base, seed: 8 }],
    ['seed and step swapped', { ...base, seed: 100, step: 7 }],
    ['step and rank swapped', { ...base, step: 2, rank: 100 }],
  ])('is not related to that of %s', (_what, other) => {
    const [a, b] = [fired(base), fired(other)];
    for (const shift of [0, 1, 4, 16, 80]) expect(correlation(a, b, shift)).toBeLessThan(4.5);
  });

  test('is not related within itself: neighbouring values, rows and blocks', () => {
    const a = fired(base);
    for (let shift = 1; shift <= 2 * BLOCK_VALUES; shift++)
      expect(correlation(a, a, shift)).toBeLessThan(4.5);
  });

  test('depends on the place in the flat vector, not on where a call starts', () => {
    const whole = fired(base);
    const later = fired(base, 0.5, 10);
    expect(Buffer.compare(later.subarray(0, COUNT - 800), whole.subarray(800))).toBe(0);
  });

  test('differences between ranks are unrelated to differences between steps', () => {
    const differences = (key: NoiseKey): Uint8Array => {
      const next = fired({ ...key, step: key.step + 1 });
      return fired(key).map((bit, i) => bit ^ next[i]!);
    };
    expect(correlation(differences(base), differences({ ...base, rank: 3 }))).toBeLessThan(4.5);
  });

  test.each([2 ** -12, 0.01, 0.1, 0.3, 0.5, 0.9, 1 - 2 ** -10])(
    'fires with probability %p',
    (probability) => {
      const expected = Math.fround(probability);
      let count = 0;
      const steps = 8;
      for (let step = 0; step < steps; step++) {
        count += fired({ ...base, step }, probability).reduce((sum, bit) => sum + bit, 0);
      }
      const draws = steps * COUNT;
      const error = Math.abs(count / draws - expected) / Math.sqrt((expected * (1 - expected)) / draws);
      expect(error).toBeLessThan(4);
    },
  );

  test('is uniform over 64 intervals', () => {
    // Chi-squared with 63 degrees of freedom: mean 63, standard deviation 11.2.
    const counts = Array.from({ length: 65 }, (_, i) =>
      i === 0 ? 0 : i === 64 ? COUNT : fired(base, i / 64).reduce((sum, bit) => sum + bit, 0),
    );
    const expected = COUNT / 64;
    let chiSquared = 0;
    for (let i = 1; i <= 64; i++) chiSquared += (counts[i]! - counts[i - 1]! - expected) ** 2 / expected;
    expect(chiSquared).toBeGreaterThan(63 - 4 * 11.2);
    expect(chiSquared).toBeLessThan(63 + 4 * 11.2);
  });

  test('is the reference generator', () => {
    const simd = fired(base, 0.3);
    const [k0, k1, k2, k3] = noiseWords(base, new Uint32Array(4));
    referenceKernels(memory).ternarizeRows(GRADIENT, BLOCKS, 1, k0!, k1!, k2!, k3!, 0, ROWS);
    const reference = new Uint8Array(memory.buffer, ROWS, COUNT).map((code) => code - 1);
    expect(Buffer.compare(simd, reference)).toBe(0);
  });
});
