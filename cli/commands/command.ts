import type { Command } from 'commander';
import { Option } from 'commander';
import { UserError } from '../user-error.ts';

/** Where a command leaves its exit code. */
export interface CommandOutcome {
  exitCode: number;
}

/** What `--codec` takes. */
export const CODECS = ['ternary', 'float16', 'float32', 'auto'] as const;

/** Adds the job file, which may be given as `-f FILE`, as in kubectl, or simply as `FILE`. */
export function takesJobFile(command: Command): Command {
  return command.argument('[file]', 'the same as -f').option('-f, --file <file>', 'job file, YAML or JSON');
}

/** @throws UserError when there is no job file, or two. */
export function jobFileOf(argument: string | undefined, option: string | undefined): string {
  if (argument !== undefined && option !== undefined) {
    throw new UserError(`two job files are given, ${option} and ${argument}; give one`);
  }
  const file = option ?? argument;
  if (file === undefined) throw new UserError('no job file is given; add -f job.yaml');
  return file;
}

export function outputOption(): Option {
  return new Option('--output <format>', 'for humans, or one JSON object')
    .choices(['text', 'json'])
    .default('text');
}
