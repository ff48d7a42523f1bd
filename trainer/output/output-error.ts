import { explainFileError } from '../safetensors/file-error.ts';

/** The trained model could not be written: seen before the training, so that nothing is lost. */
export class OutputPlaceError extends Error {
  readonly code = 'OUTPUT_PLACE';
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`the trained model cannot be written to output.path ${path}: ${explainFileError(cause)}`, {
      cause,
    });
    this.name = 'OutputPlaceError';
    this.path = path;
  }
}

/** The trained model was not written. What was at its place before is as it was. */
export class OutputError extends Error {
  readonly code = 'OUTPUT_WRITE';
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`cannot write the trained model to output.path ${path}: ${explainFileError(cause)}`, { cause });
    this.name = 'OutputError';
    this.path = path;
  }
}
