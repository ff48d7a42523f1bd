#!/usr/bin/env node
import { hostname } from 'node:os';
import { pino } from 'pino';
import packageFile from '../package.json' with { type: 'json' };
import { loadKubeConfig } from './cluster/api/kube-config.ts';
import { parseFlags } from './cluster/controller/flags.ts';
import { runOperator } from './cluster/controller/run-operator.ts';

/** The operator process. Whatever nobody handles ends it, loudly: its pod is started anew, and training goes on meanwhile. */
const { version } = packageFile;
const flags = parseFlags(process.argv.slice(2), version, process.env);
const log = pino({ base: { instance: process.env['POD_NAME'] ?? hostname() }, level: flags.logLevel });
const stop = new AbortController();

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    log.info({ signal }, 'asked to stop');
    stop.abort();
  });
}
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error) => fail(error, 'an error that nobody handled'));
}

void operate();

/** Not by `await` at the top: only a program without one can be a script, which the tests start from a cache. */
async function operate(): Promise<never> {
  try {
    log.info({ version, flags }, 'starting');
    const identity = process.env['POD_NAME'] ?? hostname();
    const ending = await runOperator(
      { flags, kubeConfig: loadKubeConfig(), identity, version, log },
      stop.signal,
    );
    log.info({ ending }, 'ended');
    process.exitCode = ending === 'stopped' ? 0 : 1;
  } catch (error) {
    fail(error, 'the operator cannot go on');
  }
  // Connections that a peer holds half open do not keep the process.
  process.exit();
}

function fail(error: unknown, what: string): never {
  log.fatal({ err: error }, what);
  process.exit(1);
}
