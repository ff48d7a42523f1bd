import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findContainerEngine } from './container-engine.ts';
import { IMAGES, type ImageDefinition } from './image-definitions.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const searchPath = process.env['PATH'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-'));
  mkdirSync(join(folder, 'bin'));
  process.env['PATH'] = join(folder, 'bin');
});
afterEach(() => {
  process.env['PATH'] = searchPath;
  rmSync(folder, { recursive: true, force: true });
});

/** A program that writes down how it is called. */
function install(name: string, script: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/bash\necho "$*" >>'${folder}/calls'\n${script}\n`);
  chmodSync(file, 0o755);
}

const target = {
  name: 'operator',
  image: IMAGES['operator'] as ImageDefinition,
  version: '0.1.0',
  reference: 'docker.io/terngrad/operator:0.1.0',
};

test('without an engine, and with one that does not reach the base images, both are told', async () => {
  install('buildah', '[ "$1" != pull ] || { echo "no such host" >&2; exit 1; }');
  const found = await findContainerEngine(root);
  expect(found).toEqual({
    reasons: [
      expect.stringMatching(/docker.*ENOENT/),
      expect.stringMatching(/^buildah pull .*: no such host$/),
    ],
  });
});

test('the first engine that reaches the base images builds the target of the Dockerfile and saves it', async () => {
  install('docker', 'if [ "$1" = save ]; then echo image >"$3"; fi');
  const found = await findContainerEngine(root);
  if ('reasons' in found) throw new Error(found.reasons.join('\n'));
  expect(found.name).toBe('docker');
  const file = join(folder, 'out/operator.tar');
  await found.build({ ...target, file }, root);
  expect(readFileSync(file, 'utf8')).toBe('image\n');
  expect(
    readFileSync(join(folder, 'calls'), 'utf8').replaceAll(`${file}.${process.pid}`, 'FILE').split('\n'),
  ).toEqual([
    'info',
    expect.stringMatching(/^pull --quiet \S+$/),
    expect.stringMatching(/^pull --quiet \S+$/),
    'build --target operator --build-arg VERSION=0.1.0 --tag docker.io/terngrad/operator:0.1.0 .',
    'save --output FILE docker.io/terngrad/operator:0.1.0',
    '',
  ]);
});

test('an engine that fails to build is an error that says what it said, and leaves no tar', async () => {
  install('docker', '[ "$1" != build ] || { echo "step 3 failed" >&2; exit 1; }');
  const found = await findContainerEngine(root);
  if ('reasons' in found) throw new Error(found.reasons.join('\n'));
  const file = join(folder, 'operator.tar');
  await expect(found.build({ ...target, file }, root)).rejects.toThrow(/step 3 failed/);
  expect(() => readFileSync(file)).toThrow(/ENOENT/);
});
