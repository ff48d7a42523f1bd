import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { GENERATED_FILE, gradientKernelsSource } from './build-gradient-kernels.ts';

test('the committed gradient kernels are those that the sources compile to (else: node --import tsx scripts/build-gradient-kernels.ts)', async () => {
  expect(await readFile(GENERATED_FILE, 'utf8')).toBe(await gradientKernelsSource());
});
