import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode } from '../../crds/exit-codes.ts';
import { WorkerEnvironment } from '../../crds/worker-environment.ts';
import { createAuthority, type PemPair } from '../../operator/pki/authority.ts';
import { writeCertificateDirectory } from '../../operator/pki/certificate-directory.ts';
import type { LooseJob, LooseWorker } from '../local-run/loose-workers.ts';
import { until } from '../local-run/until.ts';
import type { LooseCrew } from './loose-crew.ts';
import type { LooseStage, Row } from './row.ts';

const HOUR_MS = 3_600_000;
const RANK = 1;
let strangers = 0;
const UNHARMED = 'refused; the job goes on unharmed';

/** Processes that want to be a worker of the job and must not, and one that must. */
export const rowsOfStrangers: readonly Row<LooseStage>[] = [
  refused('T4-same-attempt', 'a second process claims a living rank and its attempt', {
    start: ({ loose, newest }) => loose.start(RANK, {}, newest(RANK).attempt),
    exitCode: ExitCode.badConfiguration,
    message: /two processes claim one rank/,
  }),
  refused('T4-older-attempt', 'an older attempt of a living rank comes back', {
    start: ({ loose, newest }) => loose.start(RANK, {}, newest(RANK).attempt - 1),
    exitCode: ExitCode.fenced,
    message: /exists already/,
  }),
  refused('T4-second-rank-0', 'a second process claims rank 0 and its port', {
    start: ({ loose, newest }) => loose.start(0, {}, newest(0).attempt),
    exitCode: ExitCode.badConfiguration,
    message: /cannot listen on/,
  }),
  {
    id: 'T4-newer-attempt',
    fault: 'the next attempt of a rank starts while the old one lives',
    rank: String(RANK),
    phase: 'in the batch',
    expected: `the old one is fenced and ends with ${ExitCode.fenced}; the new one copies the state of a survivor`,
    replaced: [RANK],
    endsGeneration: true,
    async act({ crew, go }) {
      const old = crew.newest(RANK);
      crew.start(RANK, old.attempt + 1);
      expectEnd(await crew.endOf(old), ExitCode.fenced, /fenced/);
      go();
    },
  },
  refused('T11-other-model', 'the next attempt of a rank has another model', {
    start: ({ loose, newest }) =>
      loose.start(RANK, { [WorkerEnvironment.jobFile]: otherModel(loose) }, newest(RANK).attempt + 1),
    exitCode: ExitCode.badConfiguration,
    message: /model, chunk plan or codec of rank 1/,
  }),
  refused('T14-expired', 'a worker with an expired certificate', {
    start: async (crew) => {
      const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() - 1000) };
      const { loose } = crew;
      return withCertificate(crew, await loose.leafFor(loose.identity(RANK), loose.authority, validity));
    },
    exitCode: ExitCode.badConfiguration,
    message: /tls\.crt expired/,
  }),
  refused('T14-other-job', "a worker with another job's certificate of the same authority", {
    start: async (crew) =>
      withCertificate(
        crew,
        await crew.loose.leafFor({ ...crew.loose.identity(RANK), jobUid: 'another-job' }),
      ),
    exitCode: ExitCode.badConfiguration,
    message: /tls\.crt is for/,
  }),
  foreign(),
];

interface Stranger {
  readonly start: (crew: StrangeCrew) => LooseWorker | Promise<LooseWorker>;
  readonly exitCode: ExitCode;
  readonly message: RegExp;
}

interface StrangeCrew {
  readonly loose: LooseJob;
  readonly newest: (rank: number) => LooseWorker;
}

function refused(id: string, fault: string, stranger: Stranger): Row<LooseStage> {
  return {
    id,
    fault,
    rank: String(RANK),
    phase: 'in the batch',
    expected: `${UNHARMED}; the process ends with ${stranger.exitCode} and says why`,
    replaced: [],
    endsGeneration: false,
    async act({ crew, go }) {
      const process = await stranger.start(strange(crew));
      expectEnd(await crew.endOf(process), stranger.exitCode, stranger.message);
      go();
    },
  };
}

/** It keeps trying, since rank 0 might get the same authority; so the test ends it. */
function foreign(): Row<LooseStage> {
  return {
    id: 'T14-foreign',
    fault: 'a worker with a certificate of another authority that has the same name',
    rank: String(RANK),
    phase: 'in the batch',
    expected: `${UNHARMED}; rank 0 says that it refused a connection`,
    replaced: [],
    endsGeneration: false,
    async act({ crew, go }) {
      const other = await createAuthority('test', { notAfter: new Date(Date.now() + HOUR_MS) });
      const { loose } = crew;
      const leaf = await loose.leafFor(loose.identity(RANK), other);
      const process = await withCertificate(strange(crew), leaf, other.certificate);
      await until(
        'rank 0 has refused a connection, and the stranger has heard of it',
        () => crew.newest(0).output.includes('refused a connection') || process.isOver,
        () => process.output,
      );
      process.signal('SIGKILL');
      const { exitCode } = await crew.endOf(process);
      if (exitCode !== 'SIGKILL')
        throw new Error(`it ended by itself with ${String(exitCode)}\n${process.output}`);
      go();
    },
  };
}

function strange(crew: LooseCrew): StrangeCrew {
  return { loose: crew.loose, newest: (rank) => crew.newest(rank) };
}

async function withCertificate(
  { loose, newest }: StrangeCrew,
  leaf: PemPair,
  authorities = loose.authority.certificate,
): Promise<LooseWorker> {
  strangers += 1;
  const directory = join(loose.sandbox.folder, `certificate-of-stranger-${strangers}`);
  await writeCertificateDirectory(directory, { ...leaf, authorities });
  // Each its own attempt, so that none is taken for one by what another has left.
  const attempt = newest(RANK).attempt + 1 + strangers;
  return loose.start(RANK, { [WorkerEnvironment.certificateDirectory]: directory }, attempt);
}

/** A job file with a wider layer than the job has. */
function otherModel({ job, sandbox }: LooseJob): string {
  const { program } = job.spec;
  const parameters = { ...program.parameters, hidden: 32 };
  const file = join(sandbox.folder, 'other-model.json');
  writeFileSync(file, JSON.stringify({ ...job, spec: { ...job.spec, program: { ...program, parameters } } }));
  return file;
}

function expectEnd(
  { exitCode, message }: Awaited<LooseWorker['ended']>,
  expected: ExitCode,
  words: RegExp,
): void {
  if (exitCode === expected && words.test(message?.message ?? '')) return;
  throw new Error(
    `it ended with ${String(exitCode)} (${message?.message ?? 'no message'}) instead of ${expected} (${String(words)})`,
  );
}
