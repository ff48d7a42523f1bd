import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageDefinition, Sources } from './image-definitions.ts';
import { completeLayer, type LayerEntry } from './layer-entry.ts';

/** Writes an image's own layers as folders, for the COPY instructions of the Dockerfile. */
export async function stageLayers(image: ImageDefinition, from: Sources, folder: string): Promise<void> {
  for (const [name, entries] of Object.entries(image.layers)) {
    for (const entry of completeLayer(await entries(from)))
      await stage(entry, join(folder, name, entry.path));
  }
}

async function stage(entry: LayerEntry, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  switch (entry.kind) {
    case 'directory':
      await mkdir(path, { recursive: true });
      break;
    case 'link':
      await symlink(entry.target, path);
      break;
    case 'file':
      if (entry.content instanceof Uint8Array) await writeFile(path, entry.content);
      else await copyFile(entry.content.file, path);
      break;
  }
}
