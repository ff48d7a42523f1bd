import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { DemoRun } from '../demo/comparison.ts';
import { comparison } from '../demo/comparison.ts';
import { demoFile } from '../example-file.ts';
import { readJobFile } from '../job-file.ts';
import { resultTable } from '../result-table.ts';
import { runJob } from '../run-job.ts';
import type { CommandOutcome } from './command.ts';

/** Enough for the loss to fall clearly, at wasm's speed. */
const WASM_STEPS = 200;

export function addDemoCommand(program: Command, context: CliContext, outcome: CommandOutcome): void {
  program
    .command('demo')
    .summary('train LeNet on MNIST, ternary against float32')
    .description(
      'Train LeNet on MNIST for one epoch with 2 workers, with ternary and then with float32 gradients.',
    )
    .action(async () => {
      outcome.exitCode = await demo(context);
    });
}

async function demo(context: CliContext): Promise<number> {
  const { terminal } = context;
  const native = await context.nativeLoads();
  const length = native ? { epochs: 1 } : { steps: WASM_STEPS };
  terminal.out(
    native
      ? 'LeNet on MNIST, 2 workers, one epoch, native TensorFlow.\n\n'
      : `LeNet on MNIST, 2 workers. Native TensorFlow is not built here, so this runs on wasm, several times slower,\nand is cut to ${WASM_STEPS} steps instead of one epoch. Build it with \`make native\`.\n\n`,
  );
  const runs: DemoRun[] = [];
  for (const codec of ['ternary', 'float32']) {
    const file = await readJobFile(demoFile, { workers: 2, codec, ...length });
    const startMs = performance.now();
    const options = { logLevel: 'warn', keepTemp: false, debug: false, label: codec };
    const { result, exitCode } = await runJob(file, options, context);
    if (exitCode !== 0) {
      terminal.out(resultTable(`${file.job.metadata.name} (${codec})`, result));
      return exitCode;
    }
    runs.push({ label: codec, result, wallSeconds: (performance.now() - startMs) / 1000 });
  }
  terminal.out(`${comparison(runs)}\n\nbackend: ${runs[0]?.result.backend ?? 'unknown'}\n`);
  return 0;
}
