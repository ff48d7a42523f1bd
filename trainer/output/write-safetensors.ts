import { dirname } from 'node:path';
import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import { writeAside } from '../safetensors/write-aside.ts';
import { writeSealed } from '../safetensors/write-sealed.ts';
import { OutputError } from './output-error.ts';
import { packedBytes, type OutputTensor } from './output-tensor.ts';

/** The `format` of such a file. */
const WEIGHTS_FORMAT = 'terngrad-weights';

/**
 * `output.format: safetensors`: the weights alone, in one file that every reader of safetensors opens. Whole or not there
 * at all; a file of that name is replaced.
 * @param metadata where the weights come from; not `format`, `formatVersion`, `headerCrc32` or `tensorCrc32`.
 * @throws OutputError
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly OutputTensor[],
  metadata: Readonly<Record<string, string>>,
  files: Files = nodeFiles,
): Promise<void> {
  const contents = { format: WEIGHTS_FORMAT, metadata: new Map(Object.entries(metadata)), tensors };
  try {
    await files.makeDirectory(dirname(path));
    await writeAside(files, path, async (file) => {
      await writeSealed(file, contents, packedBytes(tensors));
    });
  } catch (cause) {
    throw new OutputError(path, cause);
  }
}
