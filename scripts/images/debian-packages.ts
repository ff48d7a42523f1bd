import { readdirSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { folderEntries } from './folder-entries.ts';
import { textFile, type LayerEntry } from './layer-entry.ts';
import { madeOnce } from './made-once.ts';

/** Libraries, what programs look names up in, and copyright; no program, no documentation, no debugger's scripts. */
const KEPT = [
  /^usr\/lib64\/[^/]+$/,
  /^usr\/lib\/x86_64-linux-gnu\/[^/]+$/,
  /^usr\/lib\/os-release$/,
  /^etc\/(debian_version|ethertypes|host\.conf|os-release|protocols|rpc|services|ld\.so\.conf\.d\/.+)$/,
  /^usr\/share\/(doc\/[^/]+(\/copyright)?|common-licenses\/.+)$/,
];

/** Debian's packages, unpacked: `roots/NAME` and `descriptions/NAME` in a folder of the cache. */
export function debianPackages(cache: string, name: string, packages: readonly string[]): Promise<string> {
  return madeOnce(join(cache, `debian-bookworm-${name}`), (folder) => fetchPackages(folder, packages));
}

/**
 * What an image takes of packages. Where an image scanner looks for what is installed, var/lib/dpkg/status.d, it
 * finds the packages' own descriptions.
 * @param folder from debianPackages()
 */
export async function debianFiles(folder: string): Promise<readonly LayerEntry[]> {
  const packages = readdirSync(join(folder, 'roots')).sort();
  const files = packages.flatMap((name) =>
    folderEntries(join(folder, 'roots', name), (path) => {
      const placed = path.replace(/^(lib|lib64)\//, 'usr/$1/');
      return KEPT.some((pattern) => pattern.test(placed)) ? placed : undefined;
    }),
  );
  const descriptions = packages.map(async (name) =>
    textFile(`var/lib/dpkg/status.d/${name}`, await readFile(join(folder, 'descriptions', name), 'utf8')),
  );
  return [...files, ...(await Promise.all(descriptions))];
}

/** Fetched with lists of our own: the computer's may be old, and need no root to be renewed. */
async function fetchPackages(folder: string, packages: readonly string[]): Promise<void> {
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
  await runCommand('apt-get', [...own, 'download', ...packages], { cwd: archives });
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
