import type { Command } from 'commander';
import { API_VERSION } from '../../crds/job.ts';
import type { CliContext } from '../context.ts';

export function addVersionCommand(program: Command, context: CliContext): void {
  program
    .command('version')
    .description('Print the versions of terngrad, of the job API it reads, and of Node.js.')
    .action(() => {
      context.terminal.out(`terngrad ${context.version}\napi ${API_VERSION}\nnode ${process.version}\n`);
    });
}
