import { dirname } from 'node:path';
import type { OutputSpec } from '../../crds/checkpoint.ts';
import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import { makeWritableDirectory } from '../safetensors/writable-directory.ts';
import { OutputPlaceError } from './output-error.ts';

/**
 * Proves that the trained model can be written: better before the training than after it.
 * @param path `output.path`, absolute.
 * @throws OutputPlaceError
 */
export async function prepareOutput(
  path: string,
  format: OutputSpec['format'],
  files: Files = nodeFiles,
): Promise<void> {
  try {
    if (format === 'tfjs') return await makeWritableDirectory(path, files);
    await makeWritableDirectory(dirname(path), files);
    if (await isDirectory(path, files)) throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
  } catch (cause) {
    throw new OutputPlaceError(path, cause);
  }
}

async function isDirectory(path: string, files: Files): Promise<boolean> {
  return files.list(path).then(
    () => true,
    () => false,
  );
}
