import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { programFiles } from './program-files.ts';

const NO_PACKAGES = /^$/;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'program-'));
  mkdirSync(join(root, 'dist'));
  for (const name of [
    'operator.js',
    'operator.js.map',
    'chunk.js',
    'other.js',
    'terngrad.proto',
    'metafile.json',
  ]) {
    writeFileSync(join(root, 'dist', name), '');
  }
  writeFileSync(
    join(root, 'package.json'),
    '{"name": "terngrad-operator", "version": "1.2.3", "scripts": {}}',
  );
  writeFileSync(join(root, 'LICENSE'), '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A build in which operator.js imports these; other.js is another program. */
function build(...imports: readonly object[]): void {
  const outputs = {
    'dist/operator.js': { imports },
    'dist/chunk.js': { imports: [] },
    'dist/other.js': { imports: [] },
  };
  writeFileSync(join(root, 'dist/metafile.json'), JSON.stringify({ outputs }));
}

test('a program comes with its chunks and what is opened beside it, without other programs and source maps', async () => {
  build(
    { path: 'dist/chunk.js', kind: 'dynamic-import' },
    { path: 'node:fs', kind: 'import-statement', external: true },
  );
  const files = await programFiles(root, ['operator.js'], NO_PACKAGES);
  expect(files.map(({ path }) => path)).toEqual(
    ['operator.js', 'chunk.js', 'terngrad.proto', 'package.json', 'LICENSE'].map(
      (name) => `opt/terngrad/${name}`,
    ),
  );
});

test('compiled code comes with the bundle that it was compiled of', async () => {
  for (const name of ['chunk.js.v20.0.0-x64.code', 'other.js.v20.0.0-x64.code'])
    writeFileSync(join(root, 'dist', name), '');
  build({ path: 'dist/chunk.js', kind: 'require-call' });
  const files = await programFiles(root, ['operator.js'], NO_PACKAGES);
  expect(files.filter(({ path }) => path.endsWith('.code')).map(({ path }) => path)).toEqual([
    'opt/terngrad/chunk.js.v20.0.0-x64.code',
  ]);
});

test('the package.json beside it says that the files are ES modules, and nothing of how they are built', async () => {
  build();
  const found = (await programFiles(root, ['operator.js'], NO_PACKAGES)).find(({ path }) =>
    path.endsWith('package.json'),
  );
  if (found?.kind !== 'file' || !(found.content instanceof Uint8Array))
    throw new Error('no package.json in memory');
  expect(JSON.parse(Buffer.from(found.content).toString('utf8'))).toEqual({
    name: 'terngrad-operator',
    version: '1.2.3',
    private: true,
    type: 'module',
  });
});

test('a program that the build lacks is named, with what to do', async () => {
  build();
  await expect(programFiles(root, ['worker.js'], NO_PACKAGES)).rejects.toThrow(
    /no dist\/worker\.js; run `npm run build`/,
  );
});

test('an import of a package that the image lacks fails the build, not the start of the container', async () => {
  build({ path: 'express', kind: 'import-statement', external: true });
  await expect(programFiles(root, ['operator.js'], NO_PACKAGES)).rejects.toThrow(/imports 'express'/);
  await expect(programFiles(root, ['operator.js'], /^express$/)).resolves.toHaveLength(4);
});

test('a `require` of an optional part of a package is no import', async () => {
  build({ path: 'bufferutil', kind: 'require-call', external: true });
  await expect(programFiles(root, ['operator.js'], NO_PACKAGES)).resolves.toHaveLength(4);
});
