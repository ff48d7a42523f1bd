import { DamagedFileError } from '../safetensors/errors.ts';
import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import { readSealedData } from '../safetensors/read-sealed.ts';
import { readCheckpoint, type Checkpoint } from './checkpoint.ts';
import { StateMismatchError } from './errors.ts';
import { asReadError, requireWhole } from './open-checkpoint.ts';
import { scatterState, type StateRegion, type StateTensor } from './state.ts';

/**
 * Fills the regions with a checkpoint's state, padding with 0. All is read and verified first: when this rejects,
 * the regions are as they were.
 * @param state the tensors that the regions hold; the file must have exactly these, in any order.
 * @throws UnreadableCheckpointError, DamagedFileError, NewerFormatError, StateMismatchError
 */
export async function loadCheckpoint(
  { file, header }: Checkpoint,
  state: readonly StateTensor[],
  regions: readonly StateRegion[],
  files: Files = nodeFiles,
): Promise<void> {
  const inFileOrder = matched(file, header.tensors, state);
  const values = new Float32Array(header.dataBytes / Float32Array.BYTES_PER_ELEMENT);
  await readVerified({ file, header }, new Uint8Array(values.buffer), files);
  scatterState(inFileOrder, regions, values);
}

/** The state's tensors in the order of the file. */
function matched(
  file: string,
  stored: Checkpoint['header']['tensors'],
  state: readonly StateTensor[],
): StateTensor[] {
  const wanted = new Map(state.map((tensor) => [tensor.name, tensor]));
  const ordered = stored.map(({ name, shape }) => {
    const tensor = wanted.get(name);
    if (tensor === undefined) throw new StateMismatchError(file, `the model has no ${name}`);
    if (String(tensor.shape) !== String(shape)) {
      throw new StateMismatchError(
        file,
        `${name} has shape [${shape.join(', ')}] in the file, and [${tensor.shape.join(', ')}] in the model`,
      );
    }
    wanted.delete(name);
    return tensor;
  });
  const [missing] = wanted.keys();
  if (missing !== undefined) throw new StateMismatchError(file, `it has no ${missing}`);
  return ordered;
}

async function readVerified(
  { file, header }: Pick<Checkpoint, 'file' | 'header'>,
  into: Uint8Array,
  files: Files,
): Promise<void> {
  try {
    const handle = await files.openToRead(file);
    try {
      const now = await readCheckpoint(handle, file);
      if (now.header.headerCrc32 !== header.headerCrc32) {
        throw new DamagedFileError(file, 'another process has replaced it since it was opened');
      }
      requireWhole(file, await readSealedData(handle, header, into));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asReadError(file, error);
  }
}
