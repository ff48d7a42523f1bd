import { readdirSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { folderEntries } from './folder-entries.ts';
import { textFile, type LayerEntry } from './layer-entry.ts';
import { madeOnce } from './made-once.ts';

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

const KEPT = [
  /^usr\/lib64\/[^/]+$/,
  /^usr\/lib\/x86_64-linux-gnu\/[^/]+$/,
  /^usr\/lib\/os-release$/,
  /^etc\/(debian_version|ethertypes|host\.conf|os-release|protocols|rpc|services|ld\.so\.conf\.d\/.+)$/,
  /^usr\/share\/(doc\/[^/]+(\/copyright)?|common-licenses\/.+)$/,
];

const ACCOUNTS = {
  'etc/passwd': `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${NON_ROOT}:${NON_ROOT}:nonroot:/tmp:/sbin/nologin\n`,
  'etc/group': `root:x:0:\nnonroot:x:${NON_ROOT}:\n`,
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
};

/**
 * A root file system of C libraries and their data, without a shell, a package manager or any other program: what
 * "distroless" images hold, made from Debian's packages. Where an image scanner looks for what is installed,
 * var/lib/dpkg/status.d, it finds the packages' own descriptions.
 * @param cache the packages stay in there; remove its `debian-*` folder to take newer ones.
 */
export async function debianBase(cache: string): Promise<readonly LayerEntry[]> {
  const folder = await madeOnce(join(cache, 'debian-bookworm'), fetchPackages);
  const packages = readdirSync(join(folder, 'roots')).sort();
  const roots = packages.flatMap((name) =>
    folderEntries(join(folder, 'roots', name), (path) => {
      const placed = path.replace(/^(lib|lib64)\//, 'usr/$1/');
      return KEPT.some((pattern) => pattern.test(placed)) ? placed : undefined;
    }),
  );
  const descriptions = packages.map(async (name) =>
    textFile(`var/lib/dpkg/status.d/${name}`, await readFile(join(folder, 'descriptions', name), 'utf8')),
  );
  return [
    ...roots,
    ...(await Promise.all(descriptions)),
    textFile('etc/ssl/certs/ca-certificates.crt', await authorities(join(folder, 'roots/ca-certificates'))),
    ...Object.entries(ACCOUNTS).map(([path, text]) => textFile(path, text)),
    { kind: 'link', path: 'lib', target: 'usr/lib' },
    { kind: 'link', path: 'lib64', target: 'usr/lib64' },
    // Where a container runtime mounts something; a read-only root could not be given them later.
    ...['dev', 'proc', 'run', 'sys', 'root'].map((path) => ({ kind: 'directory' as const, path })),
    ...['tmp', 'var/tmp'].map((path) => ({ kind: 'directory' as const, path, writableByAll: true })),
  ];
}

/** Fetched with lists of our own: the computer's may be old, and need no root to be renewed. */
async function fetchPackages(folder: string): Promise<void> {
  const lists = join(folder, 'apt');
  const archives = join(folder, 'packages');
  await mkdir(join(lists, 'lists/partial'), { recursive: true });
  await mkdir(archives);
  const own = [
    '-q',
    '-o',
    `Dir::State::Lists=${lists}/lists`,
    '-o',
    `Dir::Cache=${lists}`,
    '-o',
    'APT::Sandbox::User=',
  ];
  await runCommand('apt-get', [...own, 'update']);
  await runCommand('apt-get', [...own, 'download', ...PACKAGES], { cwd: archives });
  for (const file of readdirSync(archives)) {
    const name = file.slice(0, file.indexOf('_'));
    await mkdir(join(folder, 'roots', name), { recursive: true });
    await mkdir(join(folder, 'descriptions', name, '..'), { recursive: true });
    await runCommand('dpkg-deb', ['--extract', join(archives, file), join(folder, 'roots', name)]);
    await runCommand('bash', [
      '-c',
      'dpkg-deb --field "$1" >"$2"',
      '-',
      join(archives, file),
      join(folder, 'descriptions', name),
    ]);
  }
}

async function authorities(root: string): Promise<string> {
  const folder = join(root, 'usr/share/ca-certificates/mozilla');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.crt'))
    .sort();
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('');
}
