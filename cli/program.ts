import { Command, CommanderError } from 'commander';
import { ExitCode } from '../crds/exit-codes.ts';
import type { CommandOutcome } from './commands/command.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addPredictCommand } from './commands/predict.ts';
import { addRunCommand } from './commands/run.ts';
import { addScaleCommand } from './commands/scale.ts';
import { addStatusCommand } from './commands/status.ts';
import { addValidateCommand } from './commands/validate.ts';
import { addVersionCommand } from './commands/version.ts';
import type { CliContext } from './context.ts';
import { reportError } from './report-error.ts';

const help = `
Start with:
  terngrad validate -f job.yaml     is the file right?
  terngrad explain -f job.yaml      what would cross the network?
  terngrad run -f job.yaml          train it here
  terngrad predict -f job.yaml --link 1gbit   how fast would it be with more workers?`;

/** Runs one command line (without `node` and the script). Returns the exit code; never rejects. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const outcome: CommandOutcome = { exitCode: ExitCode.done };
  const program = new Command('terngrad')
    .description('Synchronous data-parallel training with ternary gradients (TernGrad).')
    .version(context.version)
    .option('--debug', 'show the stack of an error')
    .helpCommand(false)
    .addHelpText('after', help)
    .exitOverride()
    .configureOutput({ writeOut: context.terminal.out, writeErr: context.terminal.err });
  addRunCommand(program, context, outcome);
  addScaleCommand(program, context);
  addValidateCommand(program, context);
  addExplainCommand(program, context);
  addPredictCommand(program, context);
  addStatusCommand(program, context);
  addLogsCommand(program, context);
  addInspectCommand(program, context, outcome);
  addDemoCommand(program, context, outcome);
  addVersionCommand(program, context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    // commander has printed its message already; asking for help is no error.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? ExitCode.done : ExitCode.badConfiguration;
    return reportError(error, context.terminal, program.opts<{ debug?: boolean }>().debug ?? false);
  }
}
