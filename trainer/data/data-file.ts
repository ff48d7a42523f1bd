import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DataError } from './data-error.ts';

export interface DataFile {
  /** For error messages. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads the first of `names` that lies in `directory`; a name that ends in `.gz` is unpacked.
 * @param remedy what the user can do when none is there.
 * @throws DataError when no name is there, or the file cannot be read or unpacked.
 */
export async function readDataFile(
  directory: string,
  names: readonly string[],
  remedy: string,
): Promise<DataFile> {
  for (const name of names) {
    const path = join(directory, name);
    const bytes = await readIfThere(path);
    if (bytes !== undefined) return { path, bytes: name.endsWith('.gz') ? unpack(path, bytes) : bytes };
  }
  throw new DataError(`no file ${names.join(' or ')} in ${directory}; ${remedy}`);
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DataError(`${path} cannot be read: ${code ?? String(cause)}`, { cause });
  }
}

function unpack(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path} is not a whole gzip file (${reason}); copy it again`, { cause });
  }
}
