import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_VERSION, KIND } from '../../crds/job.ts';
import type { ConnectProgress } from '../../operator/local/progress-connection.ts';
import type { Behaviour } from '../../operator/local/testing/run-fixture.ts';
import { fakeWorker, unanswering } from '../../operator/local/testing/run-fixture.ts';
import { runCli } from '../program.ts';

export interface CliRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface CliSurroundings {
  /** What each rank of the fake worker does. */
  readonly behaviours?: Readonly<Record<number, Behaviour>>;
  readonly isScreen?: boolean;
  readonly connect?: ConnectProgress;
  readonly nativeLoads?: boolean;
  /** Called with what was written to `err` so far and a way to press Ctrl-C. */
  readonly onErr?: (err: string, interrupt: () => void) => void;
}

const nobodyListens = (): void => undefined;

/** Runs one command line in this process, with fake workers in real processes. */
export async function cli(args: readonly string[], surroundings: CliSurroundings = {}): Promise<CliRun> {
  const {
    behaviours = {},
    isScreen = false,
    connect = unanswering,
    nativeLoads = true,
    onErr,
  } = surroundings;
  const written = { out: '', err: '' };
  let interrupt = nobodyListens;
  const exitCode = await runCli(args, {
    terminal: {
      out: (text) => (written.out += text),
      err: (text) => {
        written.err += text;
        onErr?.(written.err, () => interrupt());
      },
      isScreen,
      columns: 100,
    },
    workerArguments: () => fakeWorker(behaviours),
    connect,
    onInterrupt: (listener) => {
      interrupt = () => listener('Ctrl-C');
      return () => {
        interrupt = nobodyListens;
      };
    },
    nativeLoads: () => Promise.resolve(nativeLoads),
    version: '1.2.3',
  });
  return { exitCode, ...written };
}

export const specOfSmallJob = [
  'workers: {replicas: 2}',
  'program: {name: logistic}',
  'data: {name: synthetic}',
  'training: {steps: 40}',
  'failurePolicy: {backoffLimit: 0}',
];

/** A job file with these lines under `spec`. */
export function jobText(spec: readonly string[] = specOfSmallJob): string {
  const lines = [`apiVersion: ${API_VERSION}`, `kind: ${KIND}`, 'metadata: {name: small}', 'spec:'];
  return [...lines, ...spec.map((line) => `  ${line}`), ''].join('\n');
}

/** Runs `work` with a folder that holds these files, and removes it afterwards. */
export async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cli-test-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
