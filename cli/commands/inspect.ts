import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { inspect, type Inspection } from '../inspect/inspection.ts';
import { directoryText, fileText } from '../inspect/inspection-text.ts';
import { outputOption, type CommandOutcome } from './command.ts';

const DAMAGED = 1;

const help = `
Reads the whole file and verifies every checksum. A directory: one line for each of its checkpoints, newest first.
Any reader of the safetensors format opens these files too.
Exit code: 0 complete, 1 a file cannot be used, 64 there is nothing to read.

Examples:
  terngrad inspect checkpoints/
  terngrad inspect checkpoints/step-0000001000.safetensors
  terngrad inspect model.safetensors --output json`;

export function addInspectCommand(program: Command, { terminal }: CliContext, outcome: CommandOutcome): void {
  program
    .command('inspect')
    .argument('<path>', 'checkpoint, trained model as safetensors, or checkpoint.directory')
    .summary('show what a checkpoint holds')
    .description('Show what a checkpoint or a file of weights holds, and whether it is whole.')
    .addOption(outputOption())
    .addHelpText('after', help)
    .action(async (path: string, flags: { readonly output: 'text' | 'json' }) => {
      const found = await inspect(path);
      terminal.out(flags.output === 'json' ? `${JSON.stringify(found)}\n` : textOf(found));
      if ([found].flat().some(({ problem }) => problem !== undefined)) outcome.exitCode = DAMAGED;
    });
}

function textOf(found: Inspection | readonly Inspection[]): string {
  return 'file' in found ? fileText(found) : directoryText(found);
}
