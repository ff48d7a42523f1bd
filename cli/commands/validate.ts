import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { checkFiles } from '../file-checks.ts';
import { readJobFile } from '../job-file.ts';
import { jobSummary } from '../job-summary.ts';
import { UserError } from '../user-error.ts';
import { jobFileOf, takesJobFile } from './command.ts';

const help = `
Checks the fields, the rules between them, what this version can run, and that the program and the data are there.
Nothing is trained and no code of the program runs. Exit code: 0 valid, 64 not valid.

Examples:
  terngrad validate -f job.yaml`;

export function addValidateCommand(program: Command, { terminal }: CliContext): void {
  takesJobFile(program.command('validate'))
    .summary('check a job file and the files it names')
    .description('Check a job file and the files it names; print all problems at once.')
    .addHelpText('after', help)
    .action(async (argument: string | undefined, flags: { readonly file?: string }) => {
      const file = jobFileOf(argument, flags.file);
      const { job, baseDirectory } = await readJobFile(file);
      const problems = await checkFiles(job, baseDirectory);
      if (problems.length > 0) {
        const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
        throw new UserError(
          `${file} cannot be run: ${count}\n\n${problems.map((one) => `  ${one}`).join('\n\n')}`,
        );
      }
      terminal.out(`${file} is valid\n${jobSummary(job)}`);
    });
}
