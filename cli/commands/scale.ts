import type { Command } from 'commander';
import type { FoundRun } from '../../operator/local/control/find-runs.ts';
import { findRuns } from '../../operator/local/control/find-runs.ts';
import { isAnswering, requestScale } from '../../operator/local/control/request-scale.ts';
import type { CliContext } from '../context.ts';
import { readJobFile } from '../job-file.ts';
import { positiveInteger } from '../numbers.ts';
import { UserError } from '../user-error.ts';

interface ScaleFlags {
  readonly file?: string;
  readonly job?: string;
}

const help = `
The job must have been started by this user with 'terngrad run', and have 'spec.workers.elastic'. The highest ranks leave
at the end of a step; new ones copy the state and join. On a cluster: kubectl scale tgj/NAME --replicas N.
Exit code: 0 when the run took the new size, 64 when it did not.

Examples:
  terngrad scale -f job.yaml 4
  terngrad scale --job mnist-lenet 2`;

export function addScaleCommand(program: Command, { terminal }: CliContext): void {
  program
    .command('scale')
    .summary('change the number of workers of a running job')
    .description(
      'Change the number of workers of a job that runs on this computer, within its elastic bounds.',
    )
    .argument('<workers>', 'how many there should be', positiveInteger)
    .option('-f, --file <file>', 'the job file that runs')
    .option('--job <name>', 'or the name of the job')
    .addHelpText('after', help)
    .action(async (workers: number, flags: ScaleFlags) => {
      const name = await jobName(flags);
      const { before, now } = await requestScale((await runOf(name)).folder, workers);
      terminal.out(`${name}: ${before} -> ${now} workers\n`);
    });
}

async function jobName({ file, job }: ScaleFlags): Promise<string> {
  if (file !== undefined && job !== undefined) {
    throw new UserError(`both the file ${file} and the job ${job} are given; give one`);
  }
  if (file !== undefined) return (await readJobFile(file)).job.metadata.name;
  if (job === undefined) throw new UserError('no job is given; add -f job.yaml or --job NAME');
  return job;
}

/** The one run of this name that is there and may be scaled. What a killed run has left does not answer. */
async function runOf(name: string): Promise<FoundRun> {
  const found = (await findRuns()).filter((run) => run.name === name);
  const elastic = found.filter(({ isElastic }) => isElastic);
  const answers = await Promise.all(elastic.map(({ folder }) => isAnswering(folder)));
  const [run, ...others] = elastic.filter((_, index) => answers[index]);
  if (run === undefined) {
    throw new UserError(
      found.length > elastic.length
        ? `the job ${name} keeps its size: it was started without spec.workers.elastic, which gives the bounds`
        : `no job ${name} of yours runs on this computer; start it with terngrad run, under the same TMPDIR`,
    );
  }
  if (others.length > 0) {
    const folders = [run, ...others].map(({ folder }) => folder).join(', ');
    throw new UserError(
      `several jobs ${name} run on this computer (${folders}); give each a name of its own`,
    );
  }
  return run;
}
