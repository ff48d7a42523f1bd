import { explainFileError } from '../safetensors/file-error.ts';

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
