import { DamagedFileError } from '../safetensors/errors.ts';
import type { ReadableFile } from '../safetensors/files.ts';
import { readSealedHeader } from '../safetensors/read-sealed.ts';
import type { SealedHeader } from '../safetensors/sealed-header.ts';
import { ForeignCheckpointError } from './errors.ts';
import { factsOf, type CheckpointFacts } from './facts.ts';

/** A checkpoint file, as its header describes it. */
export interface Checkpoint {
  readonly file: string;
  readonly facts: CheckpointFacts;
  readonly header: SealedHeader;
}

/** What a checkpoint must be of, to go on from it. */
export interface ExpectedCheckpoint {
  readonly signature: string;
  /** Absent: any job's. */
  readonly jobUid?: string;
}

/**
 * Header and length are checked, the tensors are not.
 * @throws DamagedFileError, NewerFormatError; errors of the file system.
 */
export async function readCheckpoint(handle: ReadableFile, file: string): Promise<Checkpoint> {
  const header = await readSealedHeader(handle, file);
  try {
    return { file, facts: factsOf(header), header };
  } catch (cause) {
    throw new DamagedFileError(file, (cause as Error).message, { cause });
  }
}

/** @throws ForeignCheckpointError */
export function checkOrigin({ file, facts }: Checkpoint, expected: ExpectedCheckpoint): void {
  const job = `job ${facts.jobNamespace}/${facts.jobName}, UID ${facts.jobUid}`;
  if (expected.jobUid !== undefined && facts.jobUid !== expected.jobUid) {
    throw new ForeignCheckpointError(
      file,
      'jobUid',
      `${file} belongs to another job (${job}; this one has UID ${expected.jobUid}): give this job a ` +
        'checkpoint.directory of its own, and to go on from that file name it in checkpoint.resumeFrom',
    );
  }
  if (facts.signature !== expected.signature) {
    throw new ForeignCheckpointError(
      file,
      'signature',
      `${file} is of another model, or trained otherwise (${job}, step ${facts.step}; signature ` +
        `${facts.signature}, and this job has ${expected.signature}): go on with program, training, compression and ` +
        'data as they were, or start anew in another checkpoint.directory',
    );
  }
}
