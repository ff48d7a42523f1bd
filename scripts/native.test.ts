import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const SCRIPT = fileURLToPath(new URL('./native.sh', import.meta.url));
const CANNOT_BUILD = 3;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'native-'));
  mkdirSync(join(folder, 'package'));
  writeFileSync(join(folder, 'package', 'package.json'), '{"version": "4.22.0"}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the script with an empty cache, on a package without an addon, with only the named commands on the path. */
function run(
  commands: readonly string[],
  environment: Record<string, string> = {},
  args: readonly string[] = [],
) {
  const path = join(folder, 'bin');
  mkdirSync(path);
  for (const command of commands) {
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim(),
      join(path, command),
    );
  }
  const { status, stderr } = spawnSync('/bin/bash', [SCRIPT, ...args], {
    encoding: 'utf8',
    env: {
      PATH: path,
      HOME: folder,
      XDG_CACHE_HOME: join(folder, 'cache'),
      TERNGRAD_NATIVE_PACKAGE: join(folder, 'package'),
      ...environment,
    },
  });
  return { status, stderr };
}

const SHELL = ['bash', 'dirname', 'uname', 'getconf', 'grep', 'node'];

test('without python3 it says so and exits with the code for "cannot be built here"', () => {
  const { status, stderr } = run(SHELL);
  expect(stderr).toBe(
    'native: cannot be built here: python3 is missing; it fetches and unpacks the TensorFlow wheel\n',
  );
  expect(status).toBe(CANNOT_BUILD);
});

test('--if-possible reports the same and succeeds', () => {
  const { status, stderr } = run(SHELL, {}, ['--if-possible']);
  expect(stderr).toMatch(/python3 is missing/);
  expect(status).toBe(0);
});

test('without the npm package it names the remedy', () => {
  const { status, stderr } = run(SHELL, { TERNGRAD_NATIVE_PACKAGE: join(folder, 'nowhere') });
  expect(stderr).toMatch(/tfjs-node-gpu is not installed; run 'npm ci'/);
  expect(status).toBe(CANNOT_BUILD);
});

test('an unknown argument is refused', () => {
  expect(run(SHELL, {}, ['--force']).status).toBe(1);
});
