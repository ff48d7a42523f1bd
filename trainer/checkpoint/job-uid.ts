import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { explainFileError, fileErrorCode } from '../safetensors/file-error.ts';
import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import { JobUidError } from './errors.ts';

const FILE_NAME = 'job-uid';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A UUID and a line feed; a file that is longer is none of ours, and is not read further. */
const MAX_BYTES = 64;

/**
 * UID of the local job whose checkpoints lie in `directory`. Made at the first call, in the file `job-uid`, so that the same
 * job file, run again there, goes on. Two processes that come first at the same time get the same one.
 * @throws JobUidError
 */
export async function readOrCreateJobUid(directory: string, files: Files = nodeFiles): Promise<string> {
  const path = join(directory, FILE_NAME);
  try {
    await files.makeDirectory(directory);
    return (await readUid(path, files)) ?? (await createUid(path, directory, files));
  } catch (cause) {
    if (cause instanceof JobUidError) throw cause;
    throw new JobUidError(path, explainFileError(cause), { cause });
  }
}

/** `undefined` when there is no such file. */
async function readUid(path: string, files: Files): Promise<string | undefined> {
  const bytes = new Uint8Array(MAX_BYTES);
  let filled: number;
  try {
    const file = await files.openToRead(path);
    try {
      filled = await file.read(bytes, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const uid = new TextDecoder().decode(bytes.subarray(0, filled)).trim();
  if (UUID.test(uid)) return uid;
  throw new JobUidError(
    path,
    'it does not hold a UID; write the jobUid that `terngrad inspect` shows for the checkpoints beside it, or remove ' +
      'it together with them to start anew',
  );
}

/** A link, not a rename: it fails when another process was first, whose UID then counts. */
async function createUid(path: string, directory: string, files: Files): Promise<string> {
  const uid = randomUUID();
  const aside = `${path}.${randomBytes(4).toString('hex')}.partial`;
  const file = await files.createNew(aside);
  try {
    await file.write(new TextEncoder().encode(`${uid}\n`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await files.link(aside, path);
  } catch (error) {
    if (fileErrorCode(error) !== 'EEXIST') throw error;
    return (await readUid(path, files)) ?? uid;
  } finally {
    await files.remove(aside);
  }
  await files.syncDirectory(directory);
  return uid;
}
