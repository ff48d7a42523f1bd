/** The real command line in a process of its own, with fake workers: `fake-cli.ts BEHAVIOURS ARGUMENTS...` */
import { fileURLToPath } from 'node:url';
import { onProcessInterrupt } from '../interrupts.ts';
import { runCli } from '../program.ts';
import { processTerminal } from '../terminal.ts';

const [behaviours = '{}', ...args] = process.argv.slice(2);
const fakeWorker = fileURLToPath(new URL('../../operator/local/testing/fake-worker.mjs', import.meta.url));

process.exitCode = await runCli(args, {
  terminal: processTerminal(),
  workerArguments: () => [fakeWorker, behaviours],
  connect: () => ({ ask: () => Promise.reject(new Error('nobody listens')), close: () => undefined }),
  onInterrupt: onProcessInterrupt,
  nativeLoads: () => Promise.resolve(false),
  version: '1.2.3',
});
