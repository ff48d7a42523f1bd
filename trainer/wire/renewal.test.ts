import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createAuthority, issueLeaf } from '../../operator/pki/authority.ts';
import type { Authority } from '../../operator/pki/authority.ts';
import { writeCertificateDirectory } from '../../operator/pki/certificate-directory.ts';
import type { Identity } from '../../operator/pki/identity.ts';
import { contribution, JOB, LocalJob, workerIdentity } from '../exchange/testing/local-job.ts';
import { plainStore } from '../exchange/testing/plain-store.ts';
import { openControlClient } from './control-client.ts';
import { CredentialFiles } from './credential-files.ts';
import type { Credentials } from './credentials.ts';
import type { ProgressReport, ProgressRequest } from './progress.ts';

const VALIDITY = { notAfter: new Date(Date.now() + 3_600_000) };
const REQUEST: ProgressRequest = { wantedSize: 2, attempts: [] };
const REPORT: ProgressReport = {
  step: 1,
  totalSteps: 2,
  epoch: 0.5,
  samplesPerSecond: 1,
  stepMs: 1,
  bytes: { raw: 1, wire: 1 },
  ranks: [],
  suspects: [],
  stragglers: [],
};
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/**
 * The whole way of a change of authority under a running job: workers that trust the old one get certificates of the
 * new one. Their streams go on, and who connects from now on meets the new certificates.
 */
test('certificates are renewed under a running exchange of two, without a restart of it', async () => {
  const [before, after] = await Promise.all(
    ['before', 'after'].map((name) => createAuthority(name, VALIDITY)),
  );
  if (before === undefined || after === undefined) throw new Error('no authorities');
  const folder = await mkdtemp(join(tmpdir(), 'terngrad-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
  const directories = [0, 1].map((rank) => join(folder, `rank-${rank}`));
  const issue = (authority: Authority, trusted: readonly Authority[]): Promise<void[]> =>
    Promise.all(
      directories.map(async (directory, rank) =>
        writeCertificateDirectory(directory, await credentials(authority, workerIdentity(rank), trusted)),
      ),
    );
  await issue(before, [before]);
  const files = await Promise.all(
    directories.map((directory) =>
      CredentialFiles.open(directory, {
        pollMs: 50,
        onRenewed: () => undefined,
        onRefused: () => undefined,
      }),
    ),
  );
  closing.push(...files.map((one) => () => one.close()));
  const job = await LocalJob.of(2, (options) => ({
    ...options,
    credentials: files[options.rank],
    onProgress: () => REPORT,
  }));
  closing.push(() => job.close());
  await job.form();
  await step(job, 0);
  await expect(ask(job, await operatorOf(before, [before]))).resolves.toEqual(REPORT);

  await issue(after, [after]);
  await until(() => files.every(({ authorities }) => authorities === after.certificate));
  await step(job, 1);
  // The server's certificate and the authorities it asks for are the new ones, on a port that was never closed.
  await expect(ask(job, await operatorOf(after, [after]))).resolves.toEqual(REPORT);
  await expect(ask(job, await operatorOf(before, [before, after]))).rejects.toMatchObject({ code: 14 });
  await step(job, 2);
  await Promise.all(job.members.map((member) => member.finish('00000000000000aa', job.signal)));
}, 30_000);

test('a channel makes each connection with what is newest', async () => {
  const [before, after] = await Promise.all(
    ['before', 'after'].map((name) => createAuthority(name, VALIDITY)),
  );
  if (before === undefined || after === undefined) throw new Error('no authorities');
  const server = { ...(await credentials(before, workerIdentity(0), [before])) };
  const client = { ...(await operatorOf(before, [before])) };
  const job = await LocalJob.of(2, (options) =>
    options.rank === 0
      ? { ...options, credentials: server, onProgress: () => REPORT, formationSeconds: 20 }
      : undefined,
  );
  closing.push(() => job.close());
  const formed = job.form().catch(() => undefined);
  const control = openControlClient({ address: job.coordinatorAddress, job: JOB, credentials: client });
  closing.push(() => control.close());
  await untilAsked(() => control.progress(REQUEST));

  Object.assign(server, await credentials(after, workerIdentity(0), [after]));
  Object.assign(client, await operatorOf(after, [after]));
  // The connection is cut from outside: the same client makes a new one.
  await job.close();
  await formed;
  const again = await LocalJob.of(2, (options) =>
    options.rank === 0
      ? {
          ...options,
          credentials: server,
          listenAddress: job.coordinatorAddress,
          onProgress: () => REPORT,
          formationSeconds: 20,
        }
      : undefined,
  );
  closing.push(() => again.close());
  again.form().catch(() => undefined);
  await untilAsked(() => control.progress(REQUEST));
}, 30_000);

async function step(job: LocalJob, k: number): Promise<void> {
  const sizes = { members: 2, chunks: 4, values: 800, pushBytes: 160, pullBytes: 270 };
  await Promise.all(
    job.members.map(async (member) => {
      await member.barrier(contribution(k), job.signal);
      const running = member.beginStep(k, plainStore(sizes));
      for (let c = 0; c < sizes.chunks; c++) running.chunkEncoded(c);
      await running.staged;
    }),
  );
}

async function ask(job: LocalJob, operator: Credentials): Promise<ProgressReport> {
  const client = openControlClient({ address: job.coordinatorAddress, job: JOB, credentials: operator });
  try {
    return await client.progress(REQUEST);
  } finally {
    client.close();
  }
}

function operatorOf(authority: Authority, trusted: readonly Authority[]): Promise<Credentials> {
  return credentials(authority, { kind: 'operator' }, trusted);
}

async function credentials(
  authority: Authority,
  identity: Identity,
  trusted: readonly Authority[],
): Promise<Credentials> {
  const leaf = await issueLeaf(authority, { identity, validity: VALIDITY });
  return { ...leaf, authorities: trusted.map(({ certificate }) => certificate).join('\n') };
}

async function untilAsked(call: () => Promise<ProgressReport>): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      expect(await call()).toEqual(REPORT);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
