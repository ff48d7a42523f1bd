import { Metadata } from '@grpc/grpc-js';
import { parseIdentity } from '../../operator/pki/identity.ts';
import type { Identity } from '../../operator/pki/identity.ts';

/** Which membership a stream belongs to; a stream of another one is refused before its first message. */
export interface StreamScope {
  readonly generation: number;
  /** Of the sender. */
  readonly attempt: number;
}

const GENERATION = 'terngrad-generation';
const ATTEMPT = 'terngrad-attempt';
/** Trailer of a refused Join: the HandshakeField that is wrong. */
export const REFUSED_FIELD = 'terngrad-refused';
/** Only looked at where TLS is off. */
const CLAIMED_IDENTITY = 'terngrad-identity';

const UNSIGNED = /^(?:0|[1-9][0-9]{0,9})$/;

export function writeScope(metadata: Metadata, scope: StreamScope): void {
  metadata.set(GENERATION, String(scope.generation));
  metadata.set(ATTEMPT, String(scope.attempt));
}

/** `undefined` when either number is missing or malformed. */
export function readScope(metadata: Metadata): StreamScope | undefined {
  const generation = single(metadata, GENERATION);
  const attempt = single(metadata, ATTEMPT);
  if (generation === undefined || attempt === undefined) return undefined;
  if (!UNSIGNED.test(generation) || !UNSIGNED.test(attempt)) return undefined;
  return { generation: Number(generation), attempt: Number(attempt) };
}

export function writeClaimedIdentity(metadata: Metadata, uri: string): void {
  metadata.set(CLAIMED_IDENTITY, uri);
}

/** Throws InvalidIdentityError when there is none, or none that is well formed. */
export function readClaimedIdentity(metadata: Metadata): Identity {
  return parseIdentity(single(metadata, CLAIMED_IDENTITY) ?? '');
}

/** What a server sends to say that it has taken a stream. */
export function emptyMetadata(): Metadata {
  return new Metadata();
}

export function refusalTrailer(field: string): Metadata {
  const metadata = new Metadata();
  metadata.set(REFUSED_FIELD, field);
  return metadata;
}

/** A metadata key given once; twice is as bad as never. */
export function single(metadata: Metadata, key: string): string | undefined {
  const values = metadata.get(key);
  const [value] = values;
  return values.length === 1 && typeof value === 'string' ? value : undefined;
}
