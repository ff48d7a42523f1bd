import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileErrorCode } from './file-error.ts';
import type { Files, ReadableFile, WritableFile } from './files.ts';

/** The file system of this computer. Calls run on libuv's threads; the event loop goes on. */
export const nodeFiles: Files = {
  makeDirectory,
  list: (directory) => readdir(directory),
  openToRead,
  createNew,
  rename: (from, to) => rename(from, to),
  link: (from, to) => link(from, to),
  remove: (path) => unlink(path),
  syncDirectory,
};

/** Not `recursive: true`, which says ENOENT for whatever stands in the way: a read-only volume, missing rights. */
async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    return await makeOne(path);
  } catch (error) {
    if (fileErrorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
  }
  const uppermost = await makeDirectory(dirname(path));
  const made = await makeOne(path);
  return uppermost ?? made;
}

/** `undefined` when there was one. */
async function makeOne(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return undefined;
    throw error;
  }
}

async function openToRead(path: string): Promise<ReadableFile> {
  // Without NONBLOCK a named pipe of that name would hold the open for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    async size() {
      return (await handle.stat()).size;
    },
    async read(into, position) {
      let filled = 0;
      while (filled < into.byteLength) {
        const { bytesRead } = await handle.read(into, filled, into.byteLength - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
    close: () => handle.close(),
  };
}

async function createNew(path: string): Promise<WritableFile> {
  const handle = await open(path, 'wx');
  return {
    async write(bytes, position) {
      let written = 0;
      while (written < bytes.byteLength) {
        const left = bytes.byteLength - written;
        written += (await handle.write(bytes, written, left, position + written)).bytesWritten;
      }
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems have no such call for directories: there a rename is durable when it returns.
    if (fileErrorCode(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
