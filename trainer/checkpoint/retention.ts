import { join } from 'node:path';
import { DamagedFileError, NewerFormatError } from '../safetensors/errors.ts';
import { explainFileError } from '../safetensors/file-error.ts';
import type { Files } from '../safetensors/files.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { PassedOver } from './errors.ts';
import { checkpointsAmong } from './file-name.ts';

export interface RetentionPolicy {
  /** Newest checkpoints that stay. */
  readonly keep: number;
  /** Only this job's are removed, or count. */
  readonly jobUid: string;
  /** The step that was just saved. Newer files are ones that could not be used: they neither count nor go. */
  readonly newestStep: number;
}

export interface Retained {
  readonly removed: readonly string[];
  readonly notRemoved: readonly PassedOver[];
}

/**
 * Removes all but the newest complete checkpoints of a job. A file counts when its header is whole and its length right.
 * What is another job's, or cannot be read, is not ours to remove. Never rejects: what did not work is in the result.
 */
export async function retainNewest(
  directory: string,
  policy: RetentionPolicy,
  files: Files,
): Promise<Retained> {
  const removed: string[] = [];
  const notRemoved: PassedOver[] = [];
  const attempt = async (file: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      notRemoved.push({ file, reason: explainFileError(error) });
    }
  };
  let kept = 0;
  await attempt(directory, async () => {
    for (const { name, step } of checkpointsAmong(await files.list(directory))) {
      const file = join(directory, name);
      await attempt(file, async () => {
        if (step > policy.newestStep || (await ownerOf(file, files)) !== policy.jobUid) return;
        if (kept < policy.keep) {
          kept += 1;
          return;
        }
        await files.remove(file);
        removed.push(file);
      });
    }
  });
  return { removed, notRemoved };
}

/** UID of the job that wrote this file; `undefined` when it is not whole. */
async function ownerOf(path: string, files: Files): Promise<string | undefined> {
  const file = await files.openToRead(path);
  try {
    return (await readCheckpoint(file, path)).facts.jobUid;
  } catch (error) {
    if (error instanceof DamagedFileError || error instanceof NewerFormatError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}
