import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Files } from './files.ts';
import { isPartial } from './write-aside.ts';

/** A volume that is full takes an empty file, and not a block of bytes. */
const PROBE_BYTES = 4096;

/**
 * Makes a directory if need be, proves that it takes files, and removes what killed writers left in it. Where another
 * process still writes to it (an attempt that was replaced), that process's file is not written.
 * @throws errors of the file system.
 */
export async function makeWritableDirectory(directory: string, files: Files): Promise<void> {
  await makeDurable(directory, files);
  for (const name of await files.list(directory)) {
    if (isPartial(name)) await files.remove(join(directory, name));
  }
  await probe(join(directory, `write-test.${randomBytes(4).toString('hex')}.partial`), files);
}

/** New directories, and the names by which they are found, survive a loss of power. */
async function makeDurable(directory: string, files: Files): Promise<void> {
  const uppermost = await files.makeDirectory(directory);
  if (uppermost === undefined) return;
  for (let made = directory; ; made = dirname(made)) {
    await files.syncDirectory(dirname(made));
    if (made === uppermost || made === dirname(made)) return;
  }
}

async function probe(path: string, files: Files): Promise<void> {
  const file = await files.createNew(path);
  try {
    await file.write(new Uint8Array(PROBE_BYTES), 0);
    await file.sync();
  } finally {
    await file.close();
    await files.remove(path);
  }
}
