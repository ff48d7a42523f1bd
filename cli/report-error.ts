import { ExitCode } from '../crds/exit-codes.ts';
import { failureOf } from '../trainer/failure.ts';
import type { Terminal } from './terminal.ts';

/**
 * Says an error to a human and returns the exit code. A stack is shown only with `--debug`, or never for what the
 * user can mend.
 */
export function reportError(error: unknown, terminal: Terminal, debug: boolean): number {
  const { message, stack } = failureOf(error);
  const exitCode = exitCodeOf(error);
  terminal.err(`error: ${message}\n`);
  if (debug && stack !== undefined) terminal.err(`${stack}\n`);
  else if (exitCode === ExitCode.internal) {
    terminal.err(
      'this is a defect of terngrad itself; run the command again with --debug and report what it prints\n',
    );
  }
  return exitCode;
}

function exitCodeOf(error: unknown): number {
  const own = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined;
  return typeof own === 'number' ? own : failureOf(error).exitCode;
}
