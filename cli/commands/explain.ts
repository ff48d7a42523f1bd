import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../context.ts';
import { explainText } from '../explain/explain-text.ts';
import { readJobFile } from '../job-file.ts';
import { codecText } from '../job-summary.ts';
import { positiveInteger } from '../numbers.ts';
import { CODECS, jobFileOf, outputOption, takesJobFile } from './command.ts';

interface ExplainFlags {
  readonly file?: string;
  readonly output: 'text' | 'json';
  readonly workers?: number;
  readonly codec?: string;
}

const help = `
Builds the model to see its tensors; trains nothing and reads no data.

Examples:
  terngrad explain -f job.yaml
  terngrad explain -f job.yaml --workers 16 --codec float16 --output json`;

export function addExplainCommand(program: Command, { terminal }: CliContext): void {
  takesJobFile(program.command('explain'))
    .summary('show what a step sends')
    .description(
      'Show what a step sends: tensors, chunks and their owners, bytes against float32 and float16.',
    )
    .addOption(outputOption())
    .addOption(new Option('--workers <n>', 'workers.replicas').argParser(positiveInteger))
    .addOption(new Option('--codec <name>', 'compression.codec').choices(CODECS))
    .addHelpText('after', help)
    .action(async (file: string | undefined, flags: ExplainFlags) => {
      const { job, baseDirectory } = await readJobFile(jobFileOf(file, flags.file), flags);
      const { explainJob } = await import('../explain/explain-job.ts');
      const explanation = await explainJob(job, baseDirectory);
      terminal.out(
        flags.output === 'json'
          ? `${JSON.stringify(explanation)}\n`
          : explainText(explanation, codecText(job.spec)),
      );
    });
}
