import { statSync } from 'node:fs';

/**
 * One member of an image's layer. Owner (root), times (zero) and permissions follow from it, so an image cannot take
 * over a set-user-ID bit, a user name or a time from the computer that it is built on.
 */
export type LayerEntry =
  | {
      readonly kind: 'file';
      /** Path inside the image, without a leading slash. */
      readonly path: string;
      readonly executable: boolean;
      readonly content: HostFile | Uint8Array;
    }
  | { readonly kind: 'directory'; readonly path: string; readonly writableByAll?: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

export interface HostFile {
  readonly file: string;
  readonly sizeBytes: number;
}

/** A file of this computer; links are followed. */
export function hostFile(path: string, file: string): LayerEntry {
  const { mode, size } = statSync(file);
  return { kind: 'file', path, executable: (mode & 0o100) !== 0, content: { file, sizeBytes: size } };
}

export function textFile(path: string, text: string): LayerEntry {
  return { kind: 'file', path, executable: false, content: Buffer.from(text) };
}

/** A layer that cannot be written as it was described. */
export class LayerError extends Error {
  readonly code = 'LAYER_INVALID';
}

/**
 * The entries in the order of their paths, with the folders that they lie in.
 * @throws {LayerError} for two entries with one path, or a path that is not plainly inside the image.
 */
export function completeLayer(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const byPath = new Map<string, LayerEntry>();
  for (const entry of entries) {
    const parts = entry.path.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new LayerError(
        `'${entry.path}' is not a path inside an image; write it as 'opt/terngrad/worker.js'`,
      );
    }
    if (byPath.has(entry.path)) throw new LayerError(`'${entry.path}' is in the layer twice; leave one out`);
    byPath.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (!byPath.has(folder)) byPath.set(folder, { kind: 'directory', path: folder });
    }
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
