import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import { makeWritableDirectory } from '../safetensors/writable-directory.ts';
import { CheckpointDirectoryError } from './errors.ts';

/**
 * Makes the checkpoint directory if need be, and proves that it takes files.
 * @throws CheckpointDirectoryError
 */
export async function prepareDirectory(directory: string, files: Files = nodeFiles): Promise<void> {
  try {
    await makeWritableDirectory(directory, files);
  } catch (cause) {
    throw new CheckpointDirectoryError(directory, 'write to', cause);
  }
}
