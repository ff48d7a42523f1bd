import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { parseJob, type TernGradJob } from '../../crds/index.ts';
import { terminationMessageSchema, type TerminationMessage } from '../../crds/termination-message.ts';
import { WorkerEnvironment } from '../../crds/worker-environment.ts';
import { createAuthority } from '../../operator/pki/authority.ts';
import { nativeEnvironment } from '../../trainer/compute/native-environment.ts';
import { credentialsOf } from '../credentials-of.ts';
import { cleanedUp } from '../interrupted.ts';
import type { ShapedNetwork } from '../shaped-network.ts';
import { withTemporaryFolder } from '../temporary-folder.ts';
import { onCore } from './pinned.ts';

export interface Accuracy {
  readonly step: number;
  readonly accuracy: number;
}

export interface OwnRun {
  /** Of rank 0, in order. */
  readonly accuracies: readonly Accuracy[];
  /** What rank 0 says at its end; `undefined` when it was ended because the target was reached. */
  readonly message: TerminationMessage | undefined;
}

const worker = fileURLToPath(new URL('../../dist/worker.js', import.meta.url));
const PORT = 7070;

/**
 * The built workers of a job, each in its network namespace and on its core.
 * @param target ends them at the first test accuracy that reaches it.
 */
export async function runOwnWorkers(job: TernGradJob, network: ShapedNetwork, target = 2): Promise<OwnRun> {
  const children: ChildProcess[] = [];
  const endAll = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  const run = async (folder: string): Promise<OwnRun> => {
    const jobFile = join(folder, 'job.json');
    await writeFile(jobFile, JSON.stringify(parseJob(stringify(job), 'bench.yaml')));
    await writeCertificates(folder, network.addresses.length);
    const accuracies: Accuracy[] = [];
    let reached = false;
    const ends = network.addresses.map((_, rank) => {
      const child = start(network, folder, jobFile, rank);
      children.push(child);
      if (rank === 0) {
        onAccuracy(child, (found) => {
          accuracies.push(found);
          reached ||= found.accuracy >= target;
          if (reached) endAll();
        });
      } else child.stdout?.resume();
      return ended(child);
    });
    const codes = await Promise.all(ends);
    if (reached) return { accuracies, message: undefined };
    const messages = await Promise.all(
      codes.map((_, rank) => readFile(messageFile(folder, rank), 'utf8').catch(() => 'no message')),
    );
    if (codes.some((code) => code !== 0)) {
      throw new Error(`the workers ended with codes ${codes.join(', ')}: ${messages.join('\n')}`);
    }
    return { accuracies, message: terminationMessageSchema.parse(JSON.parse(messages[0] ?? '')) };
  };
  return withTemporaryFolder((folder) => cleanedUp(endAll, () => run(folder)));
}

function onAccuracy(child: ChildProcess, found: (accuracy: Accuracy) => void): void {
  if (child.stdout === null) return;
  createInterface(child.stdout).on('line', (line) => {
    if (!line.includes('evaluated on the test set')) return;
    const { step, accuracy } = JSON.parse(line) as Accuracy;
    found({ step, accuracy });
  });
}

async function writeCertificates(folder: string, workers: number): Promise<void> {
  const authority = await createAuthority('bench', { notAfter: new Date(Date.now() + 3_600_000) });
  for (let rank = 0; rank < workers; rank++) {
    const { certificate, privateKey, authorities } = await credentialsOf(authority, rank);
    await mkdir(directory(folder, rank));
    await writeFile(join(directory(folder, rank), 'tls.crt'), certificate);
    await writeFile(join(directory(folder, rank), 'tls.key'), privateKey, { mode: 0o600 });
    await writeFile(join(directory(folder, rank), 'ca.crt'), authorities);
  }
}

function start(network: ShapedNetwork, folder: string, jobFile: string, rank: number): ChildProcess {
  const names = WorkerEnvironment;
  const address = network.addresses[rank] ?? '';
  const env = {
    ...process.env,
    ...nativeEnvironment(1),
    [names.jobFile]: jobFile,
    [names.jobName]: 'bench',
    [names.jobNamespace]: 'bench',
    [names.jobUid]: 'bench',
    [names.rank]: String(rank),
    [names.attempt]: '1',
    [names.coordinatorAddress]: `${network.addresses[0] ?? ''}:${PORT}`,
    [names.advertiseHost]: address,
    [names.listenAddress]: `${address}:${PORT}`,
    [names.httpAddress]: '127.0.0.1:0',
    [names.certificateDirectory]: directory(folder, rank),
    [names.terminationMessageFile]: messageFile(folder, rank),
    [names.baseDirectory]: folder,
    [names.logLevel]: 'info',
  };
  const [command, ...args] = [...network.inside(rank), ...onCore(rank), process.execPath, worker];
  return spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

function directory(folder: string, rank: number): string {
  return join(folder, `rank-${rank}`);
}

function messageFile(folder: string, rank: number): string {
  return join(directory(folder, rank), 'end.json');
}
