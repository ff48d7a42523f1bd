import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { pino } from 'pino';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { parseFlags } from '../../operator/cluster/controller/flags.ts';
import { runOperator } from '../../operator/cluster/controller/run-operator.ts';
import { uncalledByOurs } from '../../scripts/uncalled.ts';

/** An operator in this process, against a real API server. */
export interface StartedOperator {
  readonly port: number;
  /** The sum of a metric's series whose labels include these. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** POST, PUT, PATCH and DELETE so far. */
  writes(): Promise<number>;
  /** As SIGTERM: what is under way ends. */
  stop(): Promise<'stopped' | 'lost'>;
}

/**
 * Becomes the program, beside a reader that kills it at the end of standard input: that comes when this process closes it
 * and when this process dies, however it dies.
 */
const GUARD = `
exec 3<&0
{ read -r _ <&3; kill -KILL $$; } >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-`;
/** Of processes that live for seconds: less garbage is collected, and nothing is optimized for later. */
const SHORT_LIVED = ['--min-semi-space-size=32', '--max-semi-space-size=32', '--no-opt'];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export async function startOperator(
  kubeconfig: string,
  ...parameters: readonly string[]
): Promise<StartedOperator> {
  const stop = new AbortController();
  const flags = parseFlags(flagsOf(parameters), '0.0.0-test', {});
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  const log = pino({ level: flags.logLevel });
  let running: Promise<'stopped' | 'lost'> | undefined;
  const port = await new Promise<number>((resolve, reject) => {
    const identity = `operator-${process.pid}`;
    const options = { flags, kubeConfig, identity, version: '0.0.0-test', log, onListening: resolve };
    running = runOperator(options, stop.signal);
    running.catch(reject);
  });
  const metric: StartedOperator['metric'] = async (name, labels = {}) => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((pair) => line.includes(pair)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  };
  return {
    port,
    metric,
    async writes() {
      const methods = ['POST', 'PUT', 'PATCH', 'DELETE'];
      const counts = await Promise.all(
        methods.map((method) => metric('rest_client_requests_total', { method })),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async stop() {
      stop.abort();
      return (await running) ?? 'stopped';
    },
  };
}

export interface OperatorProcess {
  readonly pid: number | undefined;
  /** Its exit code once it has ended, or null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** What it said so far. */
  log(): string;
  /** Resolves with its exit code, or null where the signal ended it. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** The operator as a program of its own, for what only a process can suffer. */
export interface OperatorProgram {
  start(kubeconfig: string, ...parameters: readonly string[]): OperatorProcess;
  /** Kills what still runs, and removes its files. */
  remove(): Promise<void>;
}

/** Bundled from the sources as they are, so that no stale build is tested and a start takes no compiler. */
export async function bundleOperator(): Promise<OperatorProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'terngrad-operator-'));
  const program = join(folder, 'start-from-cache.cjs');
  await build({
    entryPoints: [join(ROOT, 'operator/main.ts')],
    outfile: join(folder, 'operator.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    plugins: [uncalledByOurs],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  copyFileSync(join(ROOT, 'test/integration/start-from-cache.cjs'), program);
  copyFileSync(join(ROOT, 'trainer/wire/terngrad.proto'), join(folder, 'terngrad.proto'));
  const started: OperatorProcess[] = [];
  return {
    start(kubeconfig, ...parameters) {
      const flags = flagsOf(['--log-level=info', ...parameters]);
      // A session of its own: Linux shares the processors between sessions, and would give all operators and this
      // process together no more than one other program gets.
      const child = spawn('sh', ['-c', GUARD, 'guard', process.execPath, ...SHORT_LIVED, program, ...flags], {
        detached: true,
        // Nothing of this process's own: certificates of a company, for one, take every program time to read.
        env: { PATH: process.env['PATH'], KUBECONFIG: kubeconfig },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const operator = asOperator(child);
      started.push(operator);
      return operator;
    },
    async remove() {
      await Promise.all(started.map((operator) => operator.kill('SIGKILL')));
      rmSync(folder, { recursive: true });
    },
  };
}

function asOperator(child: ChildProcessByStdio<Writable, Readable, Readable>): OperatorProcess {
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => words.push(text));
  }
  const exited = once(child, 'exit').then(() => {
    child.stdin.destroy();
    return child.exitCode;
  });
  return {
    pid: child.pid,
    exited,
    log: () => words.join(''),
    kill(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

function flagsOf(parameters: readonly string[]): readonly string[] {
  return ['--namespace=terngrad', '--http-address=127.0.0.1:0', '--log-level=error', ...parameters];
}
