import { X509Certificate } from 'node:crypto';
import { formatIdentity } from '../../operator/pki/identity.ts';
import type { WorkerIdentity } from '../../operator/pki/identity.ts';
import type { Credentials } from '../wire/credentials.ts';
import { certificateIdentity } from '../wire/peer-identity.ts';
import { HandshakeError } from './errors.ts';

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Checks this worker's own certificate before anyone else sees it, so that a wrong one is said here and at once, and
 * not by peers that merely hang up. Throws HandshakeError.
 */
export function checkOwnCertificate(credentials: Credentials, expected: WorkerIdentity, now: Date): void {
  const certificate = parse(credentials.certificate);
  const names = certificate.subjectAltName;
  const wanted = formatIdentity(expected);
  let actual: string;
  try {
    actual = formatIdentity(certificateIdentity(names));
  } catch (cause) {
    throw new HandshakeError('identity', `tls.crt names nobody of this system (${names ?? 'no names'})`, {
      cause,
    });
  }
  if (actual !== wanted)
    throw new HandshakeError('identity', `tls.crt is for ${actual}, this worker is ${wanted}`);
  if (new Date(certificate.validTo) <= now) {
    throw new HandshakeError(
      'identity',
      `tls.crt expired at ${certificate.validTo}; the operator must issue a new one`,
    );
  }
  if (new Date(certificate.validFrom) > now) {
    throw new HandshakeError(
      'identity',
      `tls.crt is valid from ${certificate.validFrom} on; is the clock right?`,
    );
  }
  const authorities = credentials.authorities.match(CERTIFICATES) ?? [];
  if (!authorities.some((pem) => isIssuedBy(certificate, parse(pem)))) {
    throw new HandshakeError('identity', 'tls.crt was not issued by any authority in ca.crt');
  }
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new HandshakeError('identity', 'tls.crt or ca.crt is not a PEM certificate', { cause });
  }
}
