// Must come before @peculiar/x509, whose dependency injection needs it at load time; it exports nothing.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';
import { createPrivateKey, generateKeyPair, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { formatIdentity } from './identity.ts';
import type { Identity } from './identity.ts';
import { leafCertificate } from './leaf-certificate.ts';

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
  /** IPv4. */
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
  const { issuer, keyId, signingKey } = signerOf(authority);
  const { publicKey, privateKey } = await generateLeafKeys('ec', {
    namedCurve: KEY_ALGORITHM.namedCurve,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = leafCertificate(
    {
      issuer,
      authorityKeyId: keyId,
      notBefore: notBefore(request.validity),
      notAfter: request.validity.notAfter,
      commonName: commonName(request.identity),
      uri: formatIdentity(request.identity),
      dnsNames: request.dnsNames ?? [],
      ipAddresses: request.ipAddresses ?? [],
      publicKey,
    },
    signingKey,
  );
  return { certificate: PemConverter.encode(certificate, 'CERTIFICATE'), privateKey };
}

const generateLeafKeys = promisify(generateKeyPair);

/** What all leaves of an authority share. */
interface Signer {
  /** DER. */
  readonly issuer: Uint8Array;
  readonly keyId: Uint8Array;
  readonly signingKey: KeyObject;
}

const signers = new WeakMap<Authority, Signer>();

/** Reading an authority takes longer than issuing a leaf, so it is read once. */
function signerOf(authority: Authority): Signer {
  const known = signers.get(authority);
  if (known !== undefined) return known;
  const certificate = new X509Certificate(authority.certificate);
  const keyId = certificate.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  if (keyId === undefined) throw new TypeError('the certificate of the authority has no key identifier');
  const signer = {
    issuer: new Uint8Array(certificate.subjectName.toArrayBuffer()),
    keyId: Buffer.from(keyId, 'hex'),
    signingKey: createPrivateKey(authority.privateKey),
  };
  signers.set(authority, signer);
  return signer;
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
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
