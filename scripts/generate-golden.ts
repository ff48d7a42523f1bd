import { readFile, writeFile } from 'node:fs/promises';
import { referenceKernels } from '../trainer/ternary/reference/index.ts';
import { GOLDEN_MEMORY_PAGES, goldenVectors } from '../trainer/ternary/golden/vectors.ts';

/**
 * Writes the golden vectors from the reference kernels; with --check only compares, and fails on a difference.
 * A difference means that the wire format changed: old and new workers can no longer train together.
 */
const file = new URL('../trainer/ternary/golden/vectors.golden.json', import.meta.url);
const memory = new WebAssembly.Memory({
  initial: GOLDEN_MEMORY_PAGES,
  maximum: GOLDEN_MEMORY_PAGES,
  shared: true,
});
const text = `${JSON.stringify(goldenVectors(referenceKernels(memory)), undefined, 2)}\n`;

if (!process.argv.includes('--check')) await writeFile(file, text);
else if ((await readFile(file, 'utf8')) !== text) {
  console.error(`${file.pathname} differs from what the reference kernels give`);
  process.exitCode = 1;
}
