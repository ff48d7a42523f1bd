#!/usr/bin/env node
import packageFile from '../package.json' with { type: 'json' };
import { connectControl } from '../operator/local/control-connection.ts';
import { nativeLoads } from './demo/native-check.ts';
import { onProcessInterrupt } from './interrupts.ts';
import { runCli } from './program.ts';
import { processTerminal } from './terminal.ts';
import { findWorkerScript } from './worker-script.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  workerArguments: () => [findWorkerScript()],
  connect: connectControl,
  onInterrupt: onProcessInterrupt,
  nativeLoads,
  version: packageFile.version,
});
