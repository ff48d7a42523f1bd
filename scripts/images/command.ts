import { execFile } from 'node:child_process';

/** A program that an image build needs ended with an error, or is not there. */
export class CommandError extends Error {
  readonly code = 'COMMAND_FAILED';
}

/** Runs a program to its end and returns what it printed. @throws {CommandError} with what it said on stderr. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const settings = { ...options, env: { ...process.env, ...options.env }, maxBuffer: 64 << 20 };
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...settings, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = (stderr.trim() || error.message).split('\n').slice(-5).join('\n');
      reject(new CommandError(`${program} ${args.join(' ')}: ${said}`, { cause: error }));
    });
  });
}
