import { X509Certificate } from 'node:crypto';
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { readCertificateDirectory } from '../../operator/pki/certificate-directory.ts';
import { formatIdentity } from '../../operator/pki/identity.ts';
import { secureContextOptions } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { certificateIdentity } from './peer-identity.ts';

export interface CredentialFilesOptions {
  /** How often the files are read whether or not the file system reported a change. Default 30 000. */
  readonly pollMs?: number;
  /** New files are used from now on. */
  readonly onRenewed: (expiresAt: Date) => void;
  /** New files cannot be used, for this reason; the old ones stay. Told once per reason. */
  readonly onRefused: (reason: string) => void;
}

const POLL_MS = 30_000;
/** A mounted Secret changes in several steps; one look after the last of them is enough. */
const SETTLE_MS = 100;

/**
 * The credentials in a directory, kept up to date: the kubelet replaces a mounted Secret by turning a symbolic link.
 * What is read is only taken over as a whole, and never for another identity.
 */
export class CredentialFiles implements Credentials {
  readonly #directory: string;
  readonly #options: CredentialFilesOptions;
  readonly #poll: NodeJS.Timeout;
  readonly #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #current: Credentials;
  #refusal: string | undefined;

  /** Throws CertificateDirectoryError when a file is missing or holds something else. */
  static async open(directory: string, options: CredentialFilesOptions): Promise<CredentialFiles> {
    return new CredentialFiles(directory, options, await readCertificateDirectory(directory));
  }

  private constructor(directory: string, options: CredentialFilesOptions, first: Credentials) {
    this.#directory = directory;
    this.#options = options;
    this.#current = first;
    this.#poll = setInterval(() => void this.#look(), options.pollMs ?? POLL_MS).unref();
    this.#watcher = watchDirectory(directory, () => this.#lookSoon());
  }

  get certificate(): string {
    return this.#current.certificate;
  }

  get privateKey(): string {
    return this.#current.privateKey;
  }

  get authorities(): string {
    return this.#current.authorities;
  }

  /** The last state stays readable. */
  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#settling);
    this.#watcher?.close();
  }

  #lookSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.#look(), SETTLE_MS).unref();
  }

  async #look(): Promise<void> {
    try {
      const found = await readCertificateDirectory(this.#directory);
      if (isEqual(found, this.#current)) return;
      checkSuccessor(this.#current, found);
      this.#current = found;
      this.#refusal = undefined;
      this.#options.onRenewed(new Date(new X509Certificate(found.certificate).validTo));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#refusal) this.#options.onRefused(reason);
      this.#refusal = reason;
    }
  }
}

/** Only quicker than the poll: where watching is not possible (a limit of the node, say), the poll remains. */
function watchDirectory(directory: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

/** Throws when TLS could not use the files (a key of another certificate, for one), or they are of someone else. */
function checkSuccessor(current: Credentials, found: Credentials): void {
  createSecureContext(secureContextOptions(found));
  const [before, after] = [current, found].map(({ certificate }) =>
    formatIdentity(certificateIdentity(new X509Certificate(certificate).subjectAltName)),
  );
  if (before !== after) throw new Error(`the new tls.crt is for ${after}, this worker is ${before}`);
}

function isEqual(one: Credentials, other: Credentials): boolean {
  return (
    one.certificate === other.certificate &&
    one.privateKey === other.privateKey &&
    one.authorities === other.authorities
  );
}
