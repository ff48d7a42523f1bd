// Must come before @peculiar/x509, whose dependency injection needs it at load time; it exports nothing.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { JsonGeneralNames } from '@peculiar/x509';
import { formatIdentity } from './identity.ts';
import type { Identity } from './identity.ts';

/** A certificate with its key, PEM. The key is PKCS #8. */
export interface PemPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A certificate authority. Its key stays in the operator's namespace, or in the memory of a local run. */
export interface Authority extends PemPair {
  readonly name: string;
}

export interface Validity {
  /** Start of the validity. Default: now, less five minutes for clocks that lag. */
  readonly notBefore?: Date;
  /** End of the validity. */
  readonly notAfter: Date;
}

export interface LeafRequest {
  readonly identity: Identity;
  /** Names under which others may reach it; peers check the identity, so these are for other clients. */
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly validity: Validity;
}

/** ECDSA P-256 with SHA-256: small, fast to sign, understood by every TLS stack. */
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;
const CLOCK_LAG_MS = 5 * 60_000;

/** A new self-signed authority that may sign leaves only. */
export async function createAuthority(name: string, validity: Validity): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomSerial(),
      name: [{ CN: [name] }],
      notBefore: notBefore(validity),
      notAfter: validity.notAfter,
      keys,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { name, certificate: certificate.toString('pem'), privateKey: await exportKey(keys.privateKey) };
}

/** A new key and certificate for one identity, usable as TLS server and client. */
export async function issueLeaf(authority: Authority, request: LeafRequest): Promise<PemPair> {
  const issuer = new X509Certificate(authority.certificate);
  const signingKey = await importKey(authority.privateKey);
  const keys = await generateKeys();
  const names: JsonGeneralNames = [{ type: 'url', value: formatIdentity(request.identity) }];
  for (const value of request.dnsNames ?? []) names.push({ type: 'dns', value });
  for (const value of request.ipAddresses ?? []) names.push({ type: 'ip', value });
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: randomSerial(),
      subject: [{ CN: [commonName(request.identity)] }],
      issuer: issuer.subject,
      notBefore: notBefore(request.validity),
      notAfter: request.validity.notAfter,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension(names),
        await AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: certificate.toString('pem'), privateKey: await exportKey(keys.privateKey) };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = PemConverter.decode(pem);
  if (der === undefined) throw new TypeError('the authority has no private key in PEM form');
  return webcrypto.subtle.importKey('pkcs8', der, KEY_ALGORITHM, false, ['sign']);
}

/** 16 random bytes, hexadecimal; the first byte stays below 0x80 so that the serial number is positive. */
function randomSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function notBefore(validity: Validity): Date {
  return validity.notBefore ?? new Date(Date.now() - CLOCK_LAG_MS);
}

/** For humans who look at a certificate; nothing reads it. At most 64 characters (RFC 5280). */
function commonName(identity: Identity): string {
  return identity.kind === 'operator' ? 'terngrad-operator' : `terngrad-worker-${identity.rank}`;
}
