import type { SecureContextOptions } from 'node:tls';

/**
 * This rank's certificate, key and the authorities it trusts, PEM. Read anew for every connection, so an object whose
 * fields change in time renews them without a restart of anything.
 */
export interface Credentials {
  readonly certificate: string;
  readonly privateKey: string;
  /** One or more CA certificates; several while the authority is being rotated. */
  readonly authorities: string;
}

/** How both ends of a connection use them: TLS 1.3 or nothing. */
export function secureContextOptions(credentials: Credentials): SecureContextOptions {
  return {
    cert: credentials.certificate,
    key: credentials.privateKey,
    ca: credentials.authorities,
    minVersion: 'TLSv1.3',
  };
}
