import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import { writeAside } from '../safetensors/write-aside.ts';
import { OutputError } from './output-error.ts';
import { packedBytes, type OutputTensor } from './output-tensor.ts';

export interface LayersModel {
  /** What `model.toJSON(null, false)` gives. */
  readonly topology: object;
  /** All weights, trainable or not, in any order: tfjs finds them by their `originalName`. */
  readonly weights: readonly OutputTensor[];
}

const MODEL_FILE = 'model.json';
const WEIGHTS_FILE = /^weights\.[0-9a-f]{8}\.bin$/;

/**
 * `output.format: tfjs`: a folder that `tf.loadLayersModel` opens,
 * https://www.tensorflow.org/js/guide/save_load. `model.json` names the file of weights, which is named after its
 * content: so a model of an earlier run that lies there can be loaded until the instant the new one takes its place.
 * @throws OutputError
 */
export async function writeLayersModel(
  directory: string,
  { topology, weights }: LayersModel,
  files: Files = nodeFiles,
): Promise<void> {
  const bytes = packedBytes(weights);
  const weightsFile = `weights.${crc32(bytes).toString(16).padStart(8, '0')}.bin`;
  const model = {
    format: 'layers-model',
    generatedBy: 'terngrad',
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [
      {
        paths: [weightsFile],
        weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
      },
    ],
  };
  try {
    await files.makeDirectory(directory);
    await writeAside(files, join(directory, weightsFile), (file) => file.write(bytes, 0));
    await writeAside(files, join(directory, MODEL_FILE), (file) =>
      file.write(Buffer.from(JSON.stringify(model)), 0),
    );
    for (const name of await files.list(directory)) {
      if (WEIGHTS_FILE.test(name) && name !== weightsFile) await files.remove(join(directory, name));
    }
  } catch (cause) {
    throw new OutputError(directory, cause);
  }
}
