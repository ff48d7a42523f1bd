import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../context.ts';
import { positiveInteger, wholeNumber } from '../numbers.ts';

interface LogsFlags {
  readonly namespace?: string;
  readonly rank?: number;
  readonly follow: boolean;
  readonly tail?: number;
  readonly debug?: boolean;
}

const help = `
Reads the cluster of KUBECONFIG (or ~/.kube/config). Every line begins with its rank; of a rank that was replaced the newest
pod's log is shown. --follow ends with the workers, or with Ctrl-C.

Examples:
  terngrad logs mnist-lenet
  terngrad logs mnist-lenet -n team-a --rank 0 -f`;

export function addLogsCommand(program: Command, context: CliContext): void {
  program
    .command('logs')
    .summary("show the logs of a job's workers on a cluster")
    .description("Show the logs of a job's workers on a cluster.")
    .argument('<name>', 'of the job')
    .option('-n, --namespace <name>', 'where it is (default: that of the kubeconfig)')
    .addOption(new Option('--rank <n>', 'of this worker alone').argParser(wholeNumber))
    .option('-f, --follow', 'go on as lines come', false)
    .addOption(new Option('--tail <n>', 'last lines of each worker alone').argParser(positiveInteger))
    .addHelpText('after', help)
    .action(async (name: string, _, command: Command) => {
      const flags = command.optsWithGlobals<LogsFlags>();
      const { withCluster } = await import('../cluster/connection.ts');
      const { findJob } = await import('../cluster/find-job.ts');
      const { showLogs } = await import('../cluster/worker-logs.ts');
      const stop = new AbortController();
      const forget = context.onInterrupt(() => stop.abort());
      try {
        await withCluster(async (cluster) => {
          const job = await findJob(cluster, flags.namespace ?? cluster.namespace, name);
          const options = { ...flags, debug: flags.debug ?? false };
          await showLogs(cluster, job, options, (line) => context.terminal.out(`${line}\n`), stop.signal);
        });
      } finally {
        forget();
      }
    });
}
