import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Files, WritableFile } from './files.ts';

/** What ends the name of a file that is still being written. */
const PARTIAL = /\.[0-9a-f]{8}\.partial$/;

/** Whether a file of this name was left by a writer that was killed (or belongs to one that still writes). */
export function isPartial(name: string): boolean {
  return PARTIAL.test(name);
}

/**
 * Writes a file so that at every instant, and after a crash at any instant, `path` is either what it was before or whole:
 * another name, sync, rename, sync of the directory. When this resolves, the file is durable.
 *
 * When it rejects, nothing but the very last sync can have failed after the rename, and the other name is gone again
 * unless that failed too.
 */
export async function writeAside(
  files: Files,
  path: string,
  write: (file: WritableFile) => Promise<void>,
): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}.partial`;
  const file = await files.createNew(aside);
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(aside, path);
  } catch (error) {
    // On a broken volume this fails as well; the first error is the one that tells why.
    await files.remove(aside).catch(() => undefined);
    throw error;
  }
  await files.syncDirectory(dirname(path));
}
