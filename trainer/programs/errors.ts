import { DataError } from '../data/data-error.ts';

/** The job names a program that cannot be used: unknown, unreadable, without the right exports, or badly configured. */
export class ProgramError extends Error {
  readonly code = 'INVALID_PROGRAM';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProgramError';
  }
}

/** Code of the program threw while the job ran. The message carries the program's own stack. */
export class ProgramFailedError extends Error {
  readonly code = 'PROGRAM_FAILED';

  constructor(program: string, activity: string, cause: unknown) {
    const detail = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    super(`program "${program}" failed in ${activity}: ${detail}`, { cause });
    this.name = 'ProgramFailedError';
  }
}

/** Code of the program ended the thread that it ran on: only `process.exit` does that, and the trainer never calls it. */
export class ProgramExitedError extends Error {
  readonly code = 'PROGRAM_FAILED';
  readonly exitCode: number;

  constructor(program: string, exitCode: number) {
    super(
      `program "${program}" called process.exit(${exitCode}), or a module that it imports did: ` +
        `let createModel, loadData or loss throw an error instead; a run ends by itself after training.steps or epochs`,
    );
    this.name = 'ProgramExitedError';
    this.exitCode = exitCode;
  }
}

/**
 * What to throw when code of the program threw `cause`: errors that already say whose fault it is (a data file, a
 * parameter of the job) stay as they are, everything else is the program's.
 */
export function blameProgram(program: string, activity: string, cause: unknown): Error {
  const isBlamed =
    cause instanceof DataError || cause instanceof ProgramError || cause instanceof ProgramFailedError;
  return isBlamed ? cause : new ProgramFailedError(program, activity, cause);
}

/** The training loss became NaN or infinite: the run has diverged. */
export class LossNotFiniteError extends Error {
  readonly code = 'LOSS_NOT_FINITE';
  readonly loss: number;
  readonly step: number;

  constructor(loss: number, step: number) {
    super(
      `the loss of step ${step} is ${loss}: training has diverged; lower training.learningRate.initial, ` +
        `add training.learningRate.warmupSteps, or check the input values`,
    );
    this.name = 'LossNotFiniteError';
    this.loss = loss;
    this.step = step;
  }
}
