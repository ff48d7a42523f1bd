import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';

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

interface MadeContext {
  readonly from: SecureContextOptions;
  readonly context: SecureContext;
}

const made = new WeakMap<Credentials, MadeContext>();

/** For a connection of ours. Reading certificates and key takes milliseconds, so it is done once until they change. */
export function secureContextOf(credentials: Credentials): SecureContext {
  const from = secureContextOptions(credentials);
  const known = made.get(credentials);
  if (known !== undefined && isSame(known.from, from)) return known.context;
  const context = createSecureContext(from);
  made.set(credentials, { from, context });
  return context;
}

function isSame(one: SecureContextOptions, other: SecureContextOptions): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}
