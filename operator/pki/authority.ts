import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { formatIdentity } from './identity.ts';
import type { Identity } from './identity.ts';
import { keyIdentifier, leafCertificate, randomSerial, subjectOf } from './leaf-certificate.ts';
import { newLeafKey } from './leaf-key.ts';
import { toPem } from './to-pem.ts';

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

const CLOCK_LAG_MS = 5 * 60_000;

/** A new self-signed authority that may sign leaves only. */
export async function createAuthority(name: string, validity: Validity): Promise<Authority> {
  const { selfSigned } = await import('./self-signed.ts');
  const { notAfter } = validity;
  const serialNumber = randomSerial().toString('hex');
  return { name, ...(await selfSigned({ name, serialNumber, notBefore: notBefore(validity), notAfter })) };
}

/** A new key and certificate for one identity, usable as TLS server and client. */
export async function issueLeaf(authority: Authority, request: LeafRequest): Promise<PemPair> {
  const { issuer, keyId, signingKey } = signerOf(authority);
  const { publicKey, privateKey } = newLeafKey();
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
  return { certificate: toPem('CERTIFICATE', certificate), privateKey: toPem('PRIVATE KEY', privateKey) };
}

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
  const signer = {
    issuer: subjectOf(certificate.raw),
    keyId: keyIdentifier(certificate.publicKey.export({ type: 'spki', format: 'der' })),
    signingKey: createPrivateKey(authority.privateKey),
  };
  signers.set(authority, signer);
  return signer;
}

function notBefore(validity: Validity): Date {
  return validity.notBefore ?? new Date(Date.now() - CLOCK_LAG_MS);
}

/** For humans who look at a certificate; nothing reads it. At most 64 characters (RFC 5280). */
function commonName(identity: Identity): string {
  return identity.kind === 'operator' ? 'terngrad-operator' : `terngrad-worker-${identity.rank}`;
}
