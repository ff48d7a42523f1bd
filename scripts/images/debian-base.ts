import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianFiles, debianPackages } from './debian-packages.ts';
import { textFile, type LayerEntry } from './layer-entry.ts';

/** The user and group of the processes in the images. */
export const NON_ROOT = 65532;

/** What Node.js and TensorFlow link against, names for ports and protocols, and certificate authorities. */
const PACKAGES = [
  'base-files',
  'ca-certificates',
  'gcc-12-base',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'netbase',
];

const ACCOUNTS = {
  'etc/passwd': `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${NON_ROOT}:${NON_ROOT}:nonroot:/tmp:/sbin/nologin\n`,
  'etc/group': `root:x:0:\nnonroot:x:${NON_ROOT}:\n`,
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
};

/**
 * A root file system of C libraries and their data, without a shell, a package manager or any other program: what
 * "distroless" images hold, made from Debian's packages.
 */
export async function debianBase(cache: string): Promise<readonly LayerEntry[]> {
  const folder = await debianPackages(cache, 'base', PACKAGES);
  return [
    ...(await debianFiles(folder)),
    textFile('etc/ssl/certs/ca-certificates.crt', await authorities(join(folder, 'roots/ca-certificates'))),
    ...Object.entries(ACCOUNTS).map(([path, text]) => textFile(path, text)),
    { kind: 'link', path: 'lib', target: 'usr/lib' },
    { kind: 'link', path: 'lib64', target: 'usr/lib64' },
    // Where a container runtime mounts something; a read-only root could not be given them later.
    ...['dev', 'proc', 'run', 'sys', 'root'].map((path) => ({ kind: 'directory' as const, path })),
    ...['tmp', 'var/tmp'].map((path) => ({ kind: 'directory' as const, path, writableByAll: true })),
  ];
}

async function authorities(root: string): Promise<string> {
  const folder = join(root, 'usr/share/ca-certificates/mozilla');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.crt'))
    .sort();
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('');
}
