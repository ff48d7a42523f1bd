import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { UserError } from '../user-error.ts';
import { outputOption } from './command.ts';

interface StatusFlags {
  readonly namespace?: string;
  readonly allNamespaces: boolean;
  readonly output: 'text' | 'json';
}

const help = `
Reads the cluster of KUBECONFIG (or ~/.kube/config). Without a name: all jobs of the namespace.
--output json prints the object as the API server has it, or an array of them.

Examples:
  terngrad status
  terngrad status mnist-lenet -n team-a
  terngrad status --all-namespaces --output json`;

export function addStatusCommand(program: Command, { terminal }: CliContext): void {
  program
    .command('status')
    .summary('show how jobs on a cluster are doing')
    .description('Show how a job on a cluster is doing, or all jobs of a namespace.')
    .argument('[name]', 'of the job')
    .option('-n, --namespace <name>', 'where to look (default: that of the kubeconfig)')
    .option('-A, --all-namespaces', 'the jobs of all namespaces', false)
    .addOption(outputOption())
    .addHelpText('after', help)
    .action(async (name: string | undefined, flags: StatusFlags) => {
      if (name !== undefined && flags.allNamespaces) {
        throw new UserError('a job has one namespace: name it with -n instead of --all-namespaces');
      }
      const { withCluster } = await import('../cluster/connection.ts');
      const { findJob, listJobs } = await import('../cluster/find-job.ts');
      const { jobsTable, jobText } = await import('../cluster/status-text.ts');
      const text = await withCluster(async (cluster) => {
        const namespace = flags.namespace ?? cluster.namespace;
        if (name !== undefined) {
          const job = await findJob(cluster, namespace, name);
          return flags.output === 'json' ? `${JSON.stringify(job)}\n` : jobText(job, new Date());
        }
        const jobs = await listJobs(cluster, flags.allNamespaces ? undefined : namespace);
        if (flags.output === 'json') return `${JSON.stringify(jobs)}\n`;
        const where = flags.allNamespaces ? 'on this cluster' : `in namespace ${namespace}`;
        return jobs.length === 0
          ? `There are no TernGradJobs ${where}.\n`
          : jobsTable(jobs, new Date(), flags.allNamespaces);
      });
      terminal.out(text);
    });
}
