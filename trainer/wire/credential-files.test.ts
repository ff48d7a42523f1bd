import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAuthority, issueLeaf } from '../../operator/pki/authority.ts';
import { writeCertificateDirectory } from '../../operator/pki/certificate-directory.ts';
import { CredentialFiles } from './credential-files.ts';
import type { Credentials } from './credentials.ts';

const LATER = { notAfter: new Date(Date.now() + 3_600_000) };
const authority = await createAuthority('test', LATER);
const first = await credentialsOf(1);
const second = await credentialsOf(1);

let directory: string;
let files: CredentialFiles | undefined;
let renewed: Date[];
let refused: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'terngrad-'));
  [renewed, refused] = [[], []];
});

afterEach(async () => {
  files?.close();
  await rm(directory, { recursive: true, force: true });
});

describe('a mounted Secret', () => {
  test('is taken over when the kubelet turns the link', async () => {
    await mount(first);
    await open({ pollMs: 600_000 });
    expect(current()).toEqual(first);
    await mount(second);
    await until(() => renewed.length > 0);
    expect(current()).toEqual(second);
    expect(renewed).toEqual([new Date(Math.floor(LATER.notAfter.getTime() / 1000) * 1000)]);
    expect(refused).toEqual([]);
  });

  test('is taken over by the poll where nothing reports the change', async () => {
    await mount(first);
    // The link as the kubelet turns it, in a directory that is not the one being watched.
    const outside = join(directory, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'tls.crt'), first.certificate);
    const view = join(directory, 'view');
    await mkdir(view);
    await symlink('../outside/tls.crt', join(view, 'tls.crt'));
    await symlink('../outside/tls.key', join(view, 'tls.key'));
    await symlink('../outside/ca.crt', join(view, 'ca.crt'));
    await writeCertificateDirectory(outside, first);
    await open({ pollMs: 50 }, view);
    await writeCertificateDirectory(outside, second);
    await until(() => renewed.length > 0);
    expect(current()).toEqual(second);
  });

  test('is read no more after close', async () => {
    await mount(first);
    await open({ pollMs: 20 });
    files?.close();
    await mount(second);
    await pause(200);
    expect(current()).toEqual(first);
  });
});

describe('files that cannot be used leave the old ones in use, and are reported once:', () => {
  test.each<[string, () => Promise<Credentials>, RegExp]>([
    [
      'a key of another certificate',
      async () => ({ ...second, privateKey: first.privateKey }),
      /key values mismatch/i,
    ],
    ['the certificate of another rank', () => credentialsOf(2), /is for .*rank\/2, this worker is .*rank\/1/],
    ['no PEM', async () => ({ ...second, authorities: 'nothing' }), /ca\.crt: holds no PEM block/],
  ])('%s', async (_what, make, reason) => {
    await mount(first);
    await open({ pollMs: 20 });
    await mount(await make());
    await until(() => refused.length > 0);
    await pause(100);
    expect(refused).toEqual([expect.stringMatching(reason)]);
    expect(current()).toEqual(first);
    await mount(second);
    await until(() => renewed.length > 0);
    expect(current()).toEqual(second);
  });
});

test('a missing file is an error at the start', async () => {
  await expect(open({})).rejects.toMatchObject({ code: 'CERTIFICATE_DIRECTORY' });
});

/** As the kubelet does it: a new directory, and a link to it that is replaced at once. */
async function mount(credentials: Credentials): Promise<void> {
  const version = `..${Math.random().toString(36).slice(2)}`;
  await mkdir(join(directory, version));
  await writeCertificateDirectory(join(directory, version), credentials);
  await symlink(version, join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  for (const file of ['tls.crt', 'tls.key', 'ca.crt']) {
    await symlink(`..data/${file}`, join(directory, file)).catch(() => undefined);
  }
}

async function open(options: { readonly pollMs?: number }, where = directory): Promise<void> {
  files = await CredentialFiles.open(where, {
    ...options,
    onRenewed: (expiresAt) => renewed.push(expiresAt),
    onRefused: (reason) => refused.push(reason),
  });
}

function current(): Credentials | undefined {
  if (files === undefined) return undefined;
  const { certificate, privateKey, authorities } = files;
  return { certificate, privateKey, authorities };
}

async function credentialsOf(rank: number): Promise<Credentials> {
  const identity = { kind: 'worker', namespace: 'default', jobUid: 'uid-1', rank } as const;
  return {
    ...(await issueLeaf(authority, { identity, validity: LATER })),
    authorities: authority.certificate,
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 5 s');
    await pause(20);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
