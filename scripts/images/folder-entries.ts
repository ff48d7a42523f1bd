import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hostFile, type LayerEntry } from './layer-entry.ts';

/**
 * The files and links below a folder of this computer.
 * @param placed where a file with this path (relative to the folder) lies in the image; undefined leaves it out.
 */
export function folderEntries(
  folder: string,
  placed: (path: string) => string | undefined,
): readonly LayerEntry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((found) => {
    if (!found.isFile() && !found.isSymbolicLink()) return [];
    const file = join(found.parentPath, found.name);
    const path = placed(file.slice(folder.length + 1));
    if (path === undefined) return [];
    return found.isFile()
      ? [hostFile(path, file)]
      : [{ kind: 'link' as const, path, target: readlinkSync(file) }];
  });
}
