import { createHash, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import {
  bitString,
  der,
  DerTag,
  elementsOf,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  sequence,
  time,
} from './der.ts';

export interface LeafContents {
  /** Subject of the authority, DER. */
  readonly issuer: Uint8Array;
  /** Subject key identifier of the authority. */
  readonly authorityKeyId: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly commonName: string;
  readonly uri: string;
  readonly dnsNames: readonly string[];
  /** IPv4. */
  readonly ipAddresses: readonly string[];
  /** SubjectPublicKeyInfo, DER, of a P-256 key. */
  readonly publicKey: Uint8Array;
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const VERSION_3 = explicit(0, integer(Buffer.from([2])));
const COMMON_NAME = objectIdentifier('2.5.4.3');
const SERVER_AUTH = objectIdentifier('1.3.6.1.5.5.7.3.1');
const CLIENT_AUTH = objectIdentifier('1.3.6.1.5.5.7.3.2');
/** An uncompressed P-256 point: 0x04, x, y. */
const POINT_BYTES = 65;
const SERIAL_BYTES = 16;
/** After version, serial number, algorithm, issuer and validity. */
const SUBJECT_FIELD = 5;

/** The same in every leaf: no authority, for signatures only, TLS server and client. */
const USE_EXTENSIONS = [
  extension('2.5.29.19', sequence(), 'critical'),
  extension('2.5.29.15', bitString(Buffer.from([0x80]), 7), 'critical'),
  extension('2.5.29.37', sequence(SERVER_AUTH, CLIENT_AUTH)),
];

/**
 * A leaf certificate (RFC 5280), DER, signed with ECDSA and SHA-256. Written by hand because a large job wants hundreds at
 * once, and the ASN.1 library takes far longer for each. The tests have the library read what this writes.
 */
export function leafCertificate(contents: LeafContents, signingKey: KeyObject): Buffer {
  const { issuer, authorityKeyId, notBefore, notAfter, commonName, publicKey } = contents;
  const subject = der(DerTag.set, sequence(COMMON_NAME, der(DerTag.utf8String, Buffer.from(commonName))));
  const toBeSigned = sequence(
    VERSION_3,
    integer(randomSerial()),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    sequence(subject),
    publicKey,
    explicit(
      3,
      sequence(
        ...USE_EXTENSIONS,
        extension('2.5.29.17', subjectAlternativeNames(contents)),
        extension('2.5.29.35', sequence(implicit(0, authorityKeyId))),
        extension('2.5.29.14', der(DerTag.octetString, keyIdentifier(publicKey))),
      ),
    ),
  );
  return sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(sign('sha256', toBeSigned, signingKey)));
}

function extension(id: string, value: Uint8Array, critical?: 'critical'): Buffer {
  const marks = critical === undefined ? [] : [der(DerTag.boolean, Buffer.from([0xff]))];
  return sequence(objectIdentifier(id), ...marks, der(DerTag.octetString, value));
}

function subjectAlternativeNames({ uri, dnsNames, ipAddresses }: LeafContents): Buffer {
  return sequence(
    implicit(6, Buffer.from(uri)),
    ...dnsNames.map((name) => implicit(2, Buffer.from(name))),
    ...ipAddresses.map((address) => implicit(7, ipv4(address))),
  );
}

/** Subject of a certificate (version 3), both DER. */
export function subjectOf(certificate: Uint8Array): Uint8Array {
  const [toBeSigned] = elementsOf(certificate);
  const subject = toBeSigned && elementsOf(toBeSigned)[SUBJECT_FIELD];
  if (subject === undefined) throw new TypeError('the certificate has no subject');
  return subject;
}

/** RFC 5280, 4.2.1.2, method 1. @param publicKey SubjectPublicKeyInfo, DER, of a P-256 key */
export function keyIdentifier(publicKey: Uint8Array): Buffer {
  return createHash('sha1').update(publicKey.subarray(-POINT_BYTES)).digest();
}

/** Positive and without leading zeros, as DER wants it. */
export function randomSerial(): Buffer {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function ipv4(address: string): Buffer {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    throw new RangeError(`"${address}" is not an IPv4 address`);
  }
  return Buffer.from(parts);
}
