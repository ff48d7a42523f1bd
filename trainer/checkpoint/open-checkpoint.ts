import { DamagedFileError, NewerFormatError } from '../safetensors/errors.ts';
import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import { readSealedData } from '../safetensors/read-sealed.ts';
import { checkOrigin, readCheckpoint, type Checkpoint, type ExpectedCheckpoint } from './checkpoint.ts';
import { ForeignCheckpointError, UnreadableCheckpointError } from './errors.ts';

/**
 * A checkpoint that is whole, every checksum verified, and of what is expected.
 * @throws UnreadableCheckpointError, DamagedFileError, NewerFormatError, ForeignCheckpointError
 */
export async function openCheckpoint(
  file: string,
  expected: ExpectedCheckpoint,
  files: Files = nodeFiles,
): Promise<Checkpoint> {
  try {
    const handle = await files.openToRead(file);
    try {
      const checkpoint = await readCheckpoint(handle, file);
      // Before the data: whose file it is can be said at once.
      checkOrigin(checkpoint, expected);
      requireWhole(file, await readSealedData(handle, checkpoint.header));
      return checkpoint;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asReadError(file, error);
  }
}

/** @throws DamagedFileError when there are names of damaged tensors. */
export function requireWhole(file: string, damaged: readonly string[]): void {
  if (damaged.length === 0) return;
  const more = damaged.length === 1 ? '' : ` (and ${damaged.length - 1} more)`;
  throw new DamagedFileError(file, `tensor ${damaged[0]}${more} has a wrong checksum`);
}

/** Our own errors as they are, those of the file system with the file's name and a remedy. */
export function asReadError(file: string, error: unknown): unknown {
  const isOwn =
    error instanceof DamagedFileError ||
    error instanceof NewerFormatError ||
    error instanceof ForeignCheckpointError;
  return isOwn ? error : new UnreadableCheckpointError(file, error);
}
