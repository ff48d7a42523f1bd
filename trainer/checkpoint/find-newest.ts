import { join } from 'node:path';
import { DamagedFileError } from '../safetensors/errors.ts';
import { explainFileError } from '../safetensors/file-error.ts';
import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import type { Checkpoint } from './checkpoint.ts';
import {
  CheckpointDirectoryError,
  NoCompleteCheckpointError,
  UnreadableCheckpointError,
  type PassedOver,
} from './errors.ts';
import { checkpointsAmong } from './file-name.ts';
import { openCheckpoint } from './open-checkpoint.ts';

export type Newest =
  /** There is no checkpoint at all: to start from step 0 is right. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'found';
      readonly checkpoint: Checkpoint;
      /** Newer ones that are not whole: somebody should be told. */
      readonly passedOver: readonly PassedOver[];
    };

/**
 * The newest complete checkpoint of a job, every checksum verified. A damaged one is passed over for the one before it;
 * what another job, another model or a newer version wrote is refused, never passed over, and never overwritten by a
 * start from step 0.
 * @throws CheckpointDirectoryError, NoCompleteCheckpointError, ForeignCheckpointError, NewerFormatError
 */
export async function findNewest(
  directory: string,
  expected: { readonly jobUid: string; readonly signature: string },
  files: Files = nodeFiles,
): Promise<Newest> {
  const passedOver: PassedOver[] = [];
  for (const { name } of checkpointsAmong(await namesIn(directory, files))) {
    const file = join(directory, name);
    try {
      return { kind: 'found', checkpoint: await openCheckpoint(file, expected, files), passedOver };
    } catch (error) {
      passedOver.push({ file, reason: reasonToPassOver(error) });
    }
  }
  if (passedOver.length > 0) throw new NoCompleteCheckpointError(directory, passedOver);
  return { kind: 'none' };
}

/** @throws `error` itself when no other checkpoint may take its place. */
function reasonToPassOver(error: unknown): string {
  if (error instanceof DamagedFileError) return error.reason;
  if (error instanceof UnreadableCheckpointError) return explainFileError(error.cause);
  throw error;
}

async function namesIn(directory: string, files: Files): Promise<readonly string[]> {
  try {
    return await files.list(directory);
  } catch (cause) {
    throw new CheckpointDirectoryError(directory, 'read', cause);
  }
}
