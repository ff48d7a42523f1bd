import { cp, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { debianFiles, debianPackages } from './debian-packages.ts';
import { folderEntries } from './folder-entries.ts';
import type { LayerEntry } from './layer-entry.ts';
import { madeOnce } from './made-once.ts';
import { HOME } from './program-files.ts';

const PACKAGE = 'node_modules/@tensorflow/tfjs-node-gpu';
const SCRIPT = fileURLToPath(new URL('../native.sh', import.meta.url));
const NVIDIA_REQUIREMENTS = fileURLToPath(new URL('./nvidia-requirements.txt', import.meta.url));

/**
 * TensorFlow's libraries and the addon that drives them, built by scripts/native.sh aside from the checkout's own, which
 * may be of the other wheel.
 */
export async function nativeFiles(
  root: string,
  cache: string,
  wheel: 'tensorflow-cpu' | 'tensorflow',
): Promise<readonly LayerEntry[]> {
  const folder = join(cache, `native-${wheel}`);
  await mkdir(folder, { recursive: true });
  for (const part of ['package.json', 'binding']) {
    await cp(join(root, PACKAGE, part), join(folder, part), { recursive: true });
  }
  await runCommand('bash', [SCRIPT], {
    env: { TERNGRAD_TENSORFLOW_WHEEL: wheel, TERNGRAD_NATIVE_PACKAGE: folder },
  });
  return folderEntries(folder, (path) =>
    /^(deps\/lib|lib\/napi-v8)\/[^/]+$/.test(path) ? `${HOME}/${PACKAGE}/${path}` : undefined,
  );
}

/**
 * NVIDIA's CUDA libraries, in the place where those of the `tensorflow` wheel look for them (their RUNPATH):
 * `../nvidia/<name>/lib`. cuDNN needs zlib besides, which nothing else here does. The driver's own libraries come from the node, through NVIDIA's container toolkit.
 */
export async function nvidiaFiles(cache: string): Promise<readonly LayerEntry[]> {
  const folder = await madeOnce(join(cache, 'nvidia-cu12'), async (target) => {
    const only = [
      '--only-binary',
      ':all:',
      '--platform',
      'manylinux2014_x86_64',
      '--no-deps',
      '--no-compile',
    ];
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-cache-dir', '--root-user-action=ignore'];
    await runCommand('python3', [
      '-m',
      'pip',
      'install',
      ...quiet,
      ...only,
      '--target',
      target,
      '--require-hashes',
      '--requirement',
      NVIDIA_REQUIREMENTS,
    ]);
  });
  const zlib = await debianPackages(cache, 'zlib', ['zlib1g']);
  const libraries = folderEntries(folder, (path) => {
    if (/^nvidia\/[^/]+\/lib\/[^/]+\.so[^/]*$/.test(path)) return `${HOME}/${PACKAGE}/deps/${path}`;
    return /^[^/]+\.dist-info\/License\.txt$/.test(path) ? `${HOME}/licenses/${path}` : undefined;
  });
  return [...libraries, ...(await debianFiles(zlib))];
}
