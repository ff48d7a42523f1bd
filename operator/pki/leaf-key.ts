import { createECDH } from 'node:crypto';
import { bitString, der, DerTag, explicit, integer, objectIdentifier, sequence } from './der.ts';

/** A new P-256 key pair, DER. */
export interface LeafKey {
  /** SubjectPublicKeyInfo (RFC 5480). */
  readonly publicKey: Buffer;
  /** PrivateKeyInfo, PKCS #8, with the public key in it (RFC 5958, RFC 5915). */
  readonly privateKey: Buffer;
}

const SCALAR_BYTES = 32;
const P256 = sequence(objectIdentifier('1.2.840.10045.2.1'), objectIdentifier('1.2.840.10045.3.1.7'));
const PKCS8_VERSION = der(DerTag.integer, Buffer.from([0]));
const EC_KEY_VERSION = integer(Buffer.from([1]));

/** Encoded by hand: `generateKeyPair` spends nine tenths of its time on the encoding, and a large job wants hundreds. */
export function newLeafKey(): LeafKey {
  const pair = createECDH('prime256v1');
  const point = bitString(pair.generateKeys());
  const ecKey = sequence(
    EC_KEY_VERSION,
    der(DerTag.octetString, wholeScalar(pair.getPrivateKey())),
    explicit(1, point),
  );
  return {
    publicKey: sequence(P256, point),
    privateKey: sequence(PKCS8_VERSION, P256, der(DerTag.octetString, ecKey)),
  };
}

/** One key in 256 begins with zeros, which OpenSSL leaves out. */
function wholeScalar(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(SCALAR_BYTES - bytes.length), bytes]);
}
