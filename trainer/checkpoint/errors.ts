import { explainFileError } from '../safetensors/file-error.ts';

/** The checkpoint directory cannot be made, read or written. */
export class CheckpointDirectoryError extends Error {
  readonly code = 'CHECKPOINT_DIRECTORY';
  readonly directory: string;

  constructor(directory: string, activity: 'read' | 'write to', cause: unknown) {
    super(`cannot ${activity} checkpoint.directory ${directory}: ${explainFileError(cause)}`, { cause });
    this.name = 'CheckpointDirectoryError';
    this.directory = directory;
  }
}

/** A checkpoint was not written. Those before it are as they were. */
export class CheckpointWriteError extends Error {
  readonly code = 'CHECKPOINT_WRITE';
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super(`the checkpoint ${file} was not written: ${explainFileError(cause)}`, { cause });
    this.name = 'CheckpointWriteError';
    this.file = file;
  }
}

/** A checkpoint that was named cannot be opened. */
export class UnreadableCheckpointError extends Error {
  readonly code = 'CHECKPOINT_UNREADABLE';
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super(`cannot read the checkpoint ${file}: ${explainFileError(cause)}`, { cause });
    this.name = 'UnreadableCheckpointError';
    this.file = file;
  }
}

/** A whole checkpoint, but of something else than what is to be trained. */
export class ForeignCheckpointError extends Error {
  readonly code = 'CHECKPOINT_FOREIGN';
  readonly file: string;
  /** What differs. */
  readonly field: 'jobUid' | 'signature';

  constructor(file: string, field: 'jobUid' | 'signature', message: string) {
    super(message);
    this.name = 'ForeignCheckpointError';
    this.file = file;
    this.field = field;
  }
}

/** A checkpoint that was passed over, and why. */
export interface PassedOver {
  readonly file: string;
  readonly reason: string;
}

/** There are checkpoints, but not one of them is whole. */
export class NoCompleteCheckpointError extends Error {
  readonly code = 'CHECKPOINT_NONE_COMPLETE';
  readonly directory: string;
  readonly passedOver: readonly PassedOver[];

  constructor(directory: string, passedOver: readonly PassedOver[]) {
    const list = passedOver.map(({ file, reason }) => `\n  ${file}: ${reason}`).join('');
    super(
      `none of the checkpoints in ${directory} is complete; restore one of them, or move them away to start from ` +
        `step 0:${list}`,
    );
    this.name = 'NoCompleteCheckpointError';
    this.directory = directory;
    this.passedOver = passedOver;
  }
}

/** A checkpoint whose tensors are not those of the model, although its signature is. Nothing was loaded. */
export class StateMismatchError extends Error {
  readonly code = 'CHECKPOINT_STATE';
  readonly file: string;

  constructor(file: string, mismatch: string) {
    super(`${file} does not fit the model: ${mismatch}; resume with the program that wrote it`);
    this.name = 'StateMismatchError';
    this.file = file;
  }
}

/** The file that holds a local job's UID cannot be read or made. */
export class JobUidError extends Error {
  readonly code = 'CHECKPOINT_JOB_UID';
  readonly file: string;

  constructor(file: string, message: string, options?: ErrorOptions) {
    super(`${file}: ${message}`, options);
    this.name = 'JobUidError';
    this.file = file;
  }
}
