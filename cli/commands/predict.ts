import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { LinkFormatError, parseRate, parseTime } from '../../trainer/predict/link.ts';
import type { CliContext } from '../context.ts';
import { readJobFile } from '../job-file.ts';
import { positiveInteger } from '../numbers.ts';
import { jobFileOf, outputOption, takesJobFile } from './command.ts';

interface PredictFlags {
  readonly file?: string;
  readonly output: 'text' | 'json';
  readonly link: number;
  readonly rtt: number;
  readonly workers: readonly number[];
  readonly samplesPerWorker?: number;
  readonly cores?: number;
  readonly backend?: string;
}

const MOST_WORKERS = 512;
const DEFAULT_WORKERS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

const help = `
Measures here: real gradient steps of the job's program in one worker, the codecs on the job's tensors, and the transport over
the loopback interface. Predicts for workers like this computer, each with a link of this rate. How: docs/predict.md.
The job's batch is shared out over the workers; --samples-per-worker gives every one so many instead.

Examples:
  terngrad predict -f job.yaml --link 1gbit
  terngrad predict -f job.yaml --link 10gbit --rtt 1ms --workers 2,4,8 --samples-per-worker 32
  terngrad predict -f job.yaml --link 100mbit --output json`;

export function addPredictCommand(program: Command, context: CliContext): void {
  takesJobFile(program.command('predict'))
    .summary('predict the time of a step for up to 512 workers')
    .description('Predict how long a step takes with each codec, for 1 to 512 workers on a given network.')
    .addOption(outputOption())
    .addOption(
      new Option('--link <rate>', 'of each worker, as tc takes it: 100mbit, 1gbit, 25gbit')
        .argParser(argument(parseRate))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--rtt <time>', 'round trip between two workers: 200us, 1ms')
        .argParser(argument(parseTime))
        .default(0.1, '100us'),
    )
    .addOption(
      new Option('--workers <list>', `numbers of workers, up to ${MOST_WORKERS}`)
        .argParser(workerList)
        .default(DEFAULT_WORKERS, '1,2,4,...,512'),
    )
    .addOption(
      new Option('--samples-per-worker <n>', 'examples per step of every worker').argParser(positiveInteger),
    )
    .addOption(
      new Option('--cores <n>', 'processor cores of a worker (default: as many as here)').argParser(
        positiveInteger,
      ),
    )
    .addOption(new Option('--backend <name>', 'workers.backend').choices(['auto', 'native', 'wasm', 'cpu']))
    .addHelpText('after', help)
    .action(async (file: string | undefined, flags: PredictFlags) => {
      const { backend } = flags;
      const overrides = backend === undefined ? {} : { backend };
      const { job, baseDirectory } = await readJobFile(jobFileOf(file, flags.file), overrides);
      const { predictJob } = await import('../predict/predict-job.ts');
      const { terminal } = context;
      const prediction = await predictJob(
        job,
        baseDirectory,
        {
          link: { bitsPerSecond: flags.link, roundTripMs: flags.rtt },
          workers: flags.workers,
          examplesPerWorker: flags.samplesPerWorker,
          coresPerWorker: flags.cores,
        },
        context,
        (what) => terminal.err(`${what}\n`),
      );
      if (flags.output === 'json') {
        terminal.out(`${JSON.stringify(prediction)}\n`);
        return;
      }
      const { predictText } = await import('../predict/predict-text.ts');
      terminal.out(predictText(prediction));
    });
}

function argument(parse: (text: string) => number): (text: string) => number {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof LinkFormatError ? new InvalidArgumentError(error.message) : error;
    }
  };
}

function workerList(text: string): readonly number[] {
  const counts = text.split(',').map((part) => positiveInteger(part.trim()));
  const tooMany = counts.find((count) => count > MOST_WORKERS);
  if (tooMany !== undefined) throw new InvalidArgumentError(`${tooMany} is more than ${MOST_WORKERS}.`);
  return [...new Set(counts)].toSorted((one, other) => one - other);
}
