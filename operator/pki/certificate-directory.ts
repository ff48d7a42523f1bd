import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PemPair } from './authority.ts';

/** The files of one rank, named as a Kubernetes TLS Secret names them. */
const CERTIFICATE_FILE = 'tls.crt';
const PRIVATE_KEY_FILE = 'tls.key';
const AUTHORITIES_FILE = 'ca.crt';

/** What a TLS peer needs; `authorities` holds one or more CA certificates. */
export interface CertificateFiles extends PemPair {
  readonly authorities: string;
}

export class CertificateDirectoryError extends Error {
  readonly code = 'CERTIFICATE_DIRECTORY';
  readonly path: string;

  constructor(path: string, message: string, cause?: unknown) {
    super(`${path}: ${message}`, { cause });
    this.name = 'CertificateDirectoryError';
    this.path = path;
  }
}

/** Writes the three files, each readable by the owner alone and replaced as a whole. The key comes first. */
export async function writeCertificateDirectory(directory: string, files: CertificateFiles): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await replaceFile(join(directory, PRIVATE_KEY_FILE), files.privateKey);
  await replaceFile(join(directory, CERTIFICATE_FILE), files.certificate);
  await replaceFile(join(directory, AUTHORITIES_FILE), files.authorities);
}

/** Reads the three files. Throws CertificateDirectoryError naming the file that is missing or not PEM. */
export async function readCertificateDirectory(directory: string): Promise<CertificateFiles> {
  return {
    certificate: await readPem(join(directory, CERTIFICATE_FILE), 'CERTIFICATE'),
    privateKey: await readPem(join(directory, PRIVATE_KEY_FILE), 'PRIVATE KEY'),
    authorities: await readPem(join(directory, AUTHORITIES_FILE), 'CERTIFICATE'),
  };
}

async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  // `mode` acts only when the file is created; a leftover would keep its own.
  await writeFile(aside, text, { mode: 0o600, flag: 'w' });
  await rename(aside, path);
}

async function readPem(path: string, label: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CertificateDirectoryError(
      path,
      `cannot be read (${why}); is the certificate Secret mounted?`,
      cause,
    );
  }
  if (!text.includes(`-----BEGIN ${label}-----`)) {
    throw new CertificateDirectoryError(path, `holds no PEM block "${label}"`);
  }
  return text;
}
