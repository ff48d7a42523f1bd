import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { loadKernels } from '../kernels.ts';
import { noiseWords } from '../noise.ts';
import { referenceKernels } from '../reference/index.ts';
import { GOLDEN_MEMORY_PAGES, goldenVectors } from './vectors.ts';

const committed: unknown = JSON.parse(
  await readFile(new URL('./vectors.golden.json', import.meta.url), 'utf8'),
);
const newMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: GOLDEN_MEMORY_PAGES, maximum: GOLDEN_MEMORY_PAGES, shared: true });

describe('the committed golden vectors', () => {
  test('are what the reference kernels give (scripts/generate-golden.ts writes them)', () => {
    expect(normalized(goldenVectors(referenceKernels(newMemory())))).toEqual(committed);
  });

  test('are what the SIMD kernels give', async () => {
    expect(normalized(goldenVectors(await loadKernels(newMemory())))).toEqual(committed);
  });

  test('the noise words of (seed 1, step 2, rank 3) stay what they are', () => {
    expect([...noiseWords({ seed: 1, step: 2, rank: 3 }, new Uint32Array(4))]).toEqual([
      1_511_095_629, 4_282_723_840, 1_408_418_682, 996_227_384,
    ]);
  });
});

/** Through JSON, which turns the numeric keys of `sums` to strings. */
function normalized(vectors: unknown): unknown {
  return JSON.parse(JSON.stringify(vectors));
}
