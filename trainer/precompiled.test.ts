import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { compiledFileOf, KEEP_COMPILED } from './precompiled.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'precompiled-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const loader = new URL('./precompiled.ts', import.meta.url).href;

/** In a process of its own, as V8 keeps in memory what it has compiled. Gives what the bundle's `answer` gives. */
async function load(
  bundle: string,
  environment: Record<string, string> = {},
  flags: string[] = [],
): Promise<string> {
  const program = join(folder, 'program.mjs');
  writeFileSync(
    program,
    `import { loadPrecompiled } from ${JSON.stringify(loader)};
     console.log(await loadPrecompiled(new URL(${JSON.stringify(pathToFileURL(bundle).href)})).answer());`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--import', 'tsx', program], {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  });
  return stdout.trim();
}

function bundleOf(source: string): string {
  const file = join(folder, 'bundle.cjs');
  writeFileSync(file, source);
  return file;
}

test('what a bundle compiled is kept on demand alone, and a later process takes it', async () => {
  const bundle = bundleOf('exports.answer = () => 6 * 7;');
  expect(await load(bundle)).toBe('42');
  expect(existsSync(compiledFileOf(bundle))).toBe(false);
  expect(await load(bundle, { [KEEP_COMPILED]: '1' })).toBe('42');
  const kept = readFileSync(compiledFileOf(bundle));
  expect(kept.length).toBeGreaterThan(0);
  expect(await load(bundle)).toBe('42');
  expect(readFileSync(compiledFileOf(bundle))).toEqual(kept);
});

test.each<[string, (file: string) => void, string[]]>([
  ['is of another source', (file) => writeFileSync(file, readFileSync(file).fill(1, 8, 12)), []],
  ['is damaged', (file) => writeFileSync(file, 'no code'), []],
  ['is empty', (file) => writeFileSync(file, ''), []],
  ['is of other flags', () => undefined, ['--no-lazy']],
])('compiled code that %s is passed over', async (_what, spoil, flags) => {
  const bundle = bundleOf('exports.answer = () => 6 * 7;');
  await load(bundle, { [KEEP_COMPILED]: '1' });
  spoil(compiledFileOf(bundle));
  expect(await load(bundle, {}, flags)).toBe('42');
});

test.each([{}, { [KEEP_COMPILED]: '1' }])(
  'a bundle has what a CommonJS module has, and can import modules',
  async (environment) => {
    writeFileSync(join(folder, 'program.of.user.mjs'), 'export const name = "user";');
    const bundle = bundleOf(`
    const { basename, join } = require('node:path');
    exports.answer = async () => {
      const { name } = await importModule(require('node:url').pathToFileURL(join(__dirname, 'program.of.user.mjs')).href);
      return [name, basename(__filename), module.exports === exports].join(' ');
    };`);
    expect(await load(bundle, environment)).toBe('user bundle.cjs true');
    expect(await load(bundle)).toBe('user bundle.cjs true');
  },
);
