import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { generatedFiles } from './generated-files.ts';

test.each([...generatedFiles()])('%s is current; if not, run npm run generate', async (path, text) => {
  expect(await readFile(new URL(`../${path}`, import.meta.url), 'utf8')).toBe(text);
});
