import { createPrivateKey, X509Certificate } from 'node:crypto';

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** One after the other, each ending its line. */
export function joinPem(certificates: readonly string[]): string {
  return certificates.map((pem) => `${pem.trim()}\n`).join('');
}

export function splitPem(bundle: string): readonly string[] {
  return bundle.match(CERTIFICATES) ?? [];
}

/** Whether two texts hold the same certificate, whatever is around it. */
export function isSamePem(one: string, other: string): boolean {
  return joinPem(splitPem(one)) === joinPem(splitPem(other));
}

/** `undefined` when it is none, or the key is not its own. */
export function readPair(certificatePem: string, privateKeyPem: string): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(certificatePem);
    return certificate.checkPrivateKey(createPrivateKey(privateKeyPem)) ? certificate : undefined;
  } catch {
    return undefined;
  }
}
