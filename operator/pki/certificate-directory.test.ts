import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  CertificateDirectoryError,
  readCertificateDirectory,
  writeCertificateDirectory,
} from './certificate-directory.ts';

const pem = (label: string, body: string): string =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const FILES = {
  certificate: pem('CERTIFICATE', 'AA=='),
  privateKey: pem('PRIVATE KEY', 'BB=='),
  authorities: pem('CERTIFICATE', 'CC=='),
};

let parent: string;
let directory: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'certificates-'));
  directory = join(parent, 'rank-0');
});

afterEach(() => rm(parent, { recursive: true }));

test('what is written is read, from files that only the owner can read', async () => {
  await writeCertificateDirectory(directory, FILES);
  await expect(readCertificateDirectory(directory)).resolves.toEqual(FILES);
  const names = await readdir(directory);
  expect(names.sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  for (const name of names) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test('writing again replaces the files', async () => {
  await writeCertificateDirectory(directory, FILES);
  const renewed = { ...FILES, certificate: pem('CERTIFICATE', 'DD==') };
  await writeCertificateDirectory(directory, renewed);
  await expect(readCertificateDirectory(directory)).resolves.toEqual(renewed);
});

test('a missing file is named', async () => {
  await writeCertificateDirectory(directory, FILES);
  await rm(join(directory, 'ca.crt'));
  await expect(readCertificateDirectory(directory)).rejects.toThrow(CertificateDirectoryError);
  await expect(readCertificateDirectory(directory)).rejects.toThrow(/ca\.crt: cannot be read/);
});

test('a file that holds something else is named', async () => {
  await writeCertificateDirectory(directory, FILES);
  await writeFile(join(directory, 'tls.key'), FILES.certificate);
  await expect(readCertificateDirectory(directory)).rejects.toThrow(
    /tls\.key: holds no PEM block "PRIVATE KEY"/,
  );
});
