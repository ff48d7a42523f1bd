import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A folder of the cache: made by `make` when it is not there, else taken as it is. It appears whole or not at all.
 * @returns the folder
 */
export async function madeOnce(folder: string, make: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  const aside = `${folder}.${process.pid}`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    await mkdir(aside);
    await make(aside);
    await rename(aside, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error; // else another build was faster; its folder is as good
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return folder;
}
