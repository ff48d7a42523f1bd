import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../context.ts';
import { readJobFile } from '../job-file.ts';
import { positiveInteger, portNumber } from '../numbers.ts';
import { resultTable } from '../result-table.ts';
import { runJob } from '../run-job.ts';
import type { CommandOutcome } from './command.ts';
import { CODECS, jobFileOf, outputOption, takesJobFile } from './command.ts';

interface RunFlags {
  readonly file?: string;
  readonly output: 'text' | 'json';
  readonly workers?: number;
  readonly backend?: string;
  readonly codec?: string;
  readonly steps?: number;
  readonly epochs?: number;
  readonly port?: number;
  readonly logLevel: string;
  readonly keepTemp: boolean;
  readonly debug?: boolean;
}

const help = `
The result goes to standard output, everything else to standard error.
Exit code: 0 when the job succeeded; else that of the worker that failed first:
  64 bad configuration   65 bad data   66 program failed or loss not finite
  69 a worker was lost   70 internal   75 stopped (Ctrl-C, or activeDeadlineSeconds)
Ctrl-C stops the workers and waits up to 10 seconds, 60 where they save checkpoints; a second one kills them.

Examples:
  terngrad run -f examples/mnist-lenet.yaml
  terngrad run -f job.yaml --workers 4 --codec float32 --output json > result.json
  terngrad run -f job.yaml --steps 20 --log-level debug --keep-temp`;

export function addRunCommand(program: Command, context: CliContext, outcome: CommandOutcome): void {
  takesJobFile(program.command('run'))
    .summary('train a job on this computer')
    .description('Train a job on this computer: one process per worker, the same file as on a cluster.')
    .addOption(outputOption())
    .addOption(new Option('--workers <n>', 'workers.replicas').argParser(positiveInteger))
    .addOption(new Option('--backend <name>', 'workers.backend').choices(['auto', 'native', 'wasm', 'cpu']))
    .addOption(new Option('--codec <name>', 'compression.codec').choices(CODECS))
    .addOption(new Option('--steps <n>', 'training.steps').argParser(positiveInteger).conflicts('epochs'))
    .addOption(new Option('--epochs <n>', 'training.epochs').argParser(positiveInteger))
    .addOption(new Option('--port <n>', 'port of rank 0 (default: a free one)').argParser(portNumber))
    .addOption(
      new Option('--log-level <level>', "the workers' log level")
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .option('--keep-temp', 'keep job.json, certificates and final messages', false)
    .addHelpText('after', help)
    .action(async (file: string | undefined, _, command: Command) => {
      const flags = command.optsWithGlobals<RunFlags>();
      const jobFile = await readJobFile(jobFileOf(file, flags.file), flags);
      const { result, exitCode } = await runJob(jobFile, { ...flags, debug: flags.debug ?? false }, context);
      const text =
        flags.output === 'json'
          ? `${JSON.stringify(result)}\n`
          : resultTable(jobFile.job.metadata.name, result);
      context.terminal.out(text);
      outcome.exitCode = exitCode;
    });
}
