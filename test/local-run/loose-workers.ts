import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { parseJob } from '../../crds/parse.ts';
import type { TernGradJob } from '../../crds/job.ts';
import type { TerminationMessage } from '../../crds/termination-message.ts';
import { workerEnvironment } from '../../operator/local/environment.ts';
import { LOOPBACK } from '../../operator/local/free-port.ts';
import { createJobFolder, type JobFolder } from '../../operator/local/job-folder.ts';
import { localJob, type LocalJob } from '../../operator/local/local-job.ts';
import { readTerminationMessage } from '../../operator/local/termination-file.ts';
import {
  createAuthority,
  issueLeaf,
  type Authority,
  type PemPair,
  type Validity,
} from '../../operator/pki/authority.ts';
import { writeCertificateDirectory } from '../../operator/pki/certificate-directory.ts';
import type { Identity, WorkerIdentity } from '../../operator/pki/identity.ts';
import { freePort } from '../../trainer/exchange/testing/free-port.ts';
import { freshDist } from './dist.ts';
import { allAtGate, openGate } from './gate.ts';
import { Sandbox } from './sandbox.ts';
import { until } from './until.ts';

const dist = freshDist();

const HOUR_MS = 3_600_000;
const oneHour = (): Validity => ({ notAfter: new Date(Date.now() + HOUR_MS) });

export interface EndedWorker {
  readonly exitCode: number | NodeJS.Signals | null;
  readonly message: TerminationMessage | undefined;
}

/** One worker process that nobody supervises. */
export class LooseWorker {
  readonly rank: number;
  readonly attempt: number;
  readonly ended: Promise<EndedWorker>;
  readonly #child: ReturnType<typeof spawn>;
  #output = '';
  #over = false;

  constructor(
    { rank, attempt }: { readonly rank: number; readonly attempt: number },
    environment: Readonly<Record<string, string>>,
    messageFile: string,
  ) {
    this.rank = rank;
    this.attempt = attempt;
    this.#child = spawn(process.execPath, [dist.worker], { env: environment, stdio: 'pipe' });
    const collect = (bytes: Buffer): void => void (this.#output += bytes.toString());
    this.#child.stdout?.on('data', collect);
    this.#child.stderr?.on('data', collect);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#over = true;
        void readTerminationMessage(messageFile).then((message) =>
          resolve({ exitCode: code ?? signal, message }),
        );
      });
    });
  }

  /** Its log, as JSON lines. */
  get output(): string {
    return this.#output;
  }

  get isOver(): boolean {
    return this.#over;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
}

/**
 * A job whose workers a test starts one by one, with certificates and an environment of its choice. What the launcher
 * forgets, the authority, stays here.
 */
export class LooseJob {
  readonly job: LocalJob;
  readonly sandbox: Sandbox;
  readonly authority: Authority;
  readonly coordinatorPort: number;
  readonly #folder: JobFolder;
  readonly #workers: LooseWorker[] = [];

  static async of(job: TernGradJob, sandbox: Sandbox): Promise<LooseJob> {
    const resolved = localJob(parseJob(JSON.stringify(job), 'job.json'), randomUUID());
    const folder = await createJobFolder(resolved, sandbox.temporary);
    const loose = new LooseJob(
      resolved,
      sandbox,
      folder,
      await createAuthority('test', oneHour()),
      await freePort(),
    );
    for (let rank = 0; rank < resolved.spec.workers.replicas; rank += 1) {
      await loose.useCertificate(rank, await loose.leafFor(loose.identity(rank)));
    }
    return loose;
  }

  private constructor(
    job: LocalJob,
    sandbox: Sandbox,
    folder: JobFolder,
    authority: Authority,
    coordinatorPort: number,
  ) {
    this.job = job;
    this.sandbox = sandbox;
    this.authority = authority;
    this.coordinatorPort = coordinatorPort;
    this.#folder = folder;
  }

  identity(rank: number): WorkerIdentity {
    const { namespace, uid: jobUid } = this.job.metadata;
    return { kind: 'worker', namespace, jobUid, rank };
  }

  leafFor(identity: Identity, issuer = this.authority, validity = oneHour()): Promise<PemPair> {
    return issueLeaf(issuer, { identity, validity, ipAddresses: [LOOPBACK] });
  }

  /** Gives a rank another certificate than its own. */
  useCertificate(rank: number, leaf: PemPair, authorities = this.authority.certificate): Promise<void> {
    return writeCertificateDirectory(this.certificateDirectory(rank), { ...leaf, authorities });
  }

  certificateDirectory(rank: number): string {
    return this.#folder.rankDirectory(rank);
  }

  /** @param change laid over the environment that the launcher would give. */
  start(rank: number, change: Readonly<Record<string, string>> = {}, attempt = 1): LooseWorker {
    const facts = {
      job: this.job,
      folder: this.#folder,
      coordinatorPort: this.coordinatorPort,
      baseDirectory: this.sandbox.folder,
      logLevel: 'info',
      inherited: this.sandbox.environment,
    };
    const identity = { rank, attempt };
    const environment = { ...workerEnvironment(facts, identity), ...change };
    const messageFile = this.#folder.terminationMessageFile(rank, attempt);
    const worker = new LooseWorker(identity, environment, messageFile);
    this.#workers.push(worker);
    return worker;
  }

  /** Resolves once all ranks wait in the gate of `programs/gated.mjs`. */
  async atGate(): Promise<void> {
    const isThere = allAtGate(this.sandbox.folder, this.job.spec.workers.replicas);
    const someoneEnded = (): boolean => this.#workers.some((worker) => worker.isOver);
    await until(
      'all ranks are at the gate',
      () => isThere() || someoneEnded(),
      () => this.output,
    );
    if (!isThere()) throw new Error(`a worker ended before all ranks were at the gate\n${this.output}`);
  }

  openGate(): void {
    openGate(this.sandbox.folder);
  }

  get output(): string {
    return this.#workers.map(({ output }) => output).join('\n');
  }

  /** Waits for all workers that were started; then no process may be left. */
  async ended(): Promise<readonly EndedWorker[]> {
    await until(
      'all workers end',
      () => this.#workers.every(({ isOver }) => isOver),
      () => this.output,
    );
    const ended = await Promise.all(this.#workers.map((worker) => worker.ended));
    this.#folder.remove();
    this.sandbox.assertNothingLeft();
    return ended;
  }
}

/** Ends what is left of the job's workers after `work`, whatever happens. */
export async function withLooseJob<T>(job: TernGradJob, work: (loose: LooseJob) => Promise<T>): Promise<T> {
  const sandbox = new Sandbox();
  try {
    return await work(await LooseJob.of(job, sandbox));
  } finally {
    sandbox.remove();
  }
}
