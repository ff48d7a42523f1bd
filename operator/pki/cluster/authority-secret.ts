import { CHILD_LABELS } from '../../plan/manifests/labels.ts';
import type { Authority } from '../authority.ts';
import { bundleOf } from './authority-state.ts';
import type { AuthorityState } from './authority-state.ts';
import { isSamePem, readPair, splitPem } from './pem.ts';
import type { SecretObject } from './secret-object.ts';

/** In the operator's own namespace, which no job may run in unless its admin wants it so. */
export const AUTHORITY_SECRET = 'terngrad-operator-authority';

/** When the state in the Secret began, RFC 3339. */
const SINCE = 'terngrad.dev/authority-since';

const File = {
  certificate: 'tls.crt',
  privateKey: 'tls.key',
  bundle: 'ca.crt',
  nextCertificate: 'next.crt',
  nextPrivateKey: 'next.key',
} as const;

class AuthoritySecretError extends Error {
  readonly code = 'AUTHORITY_SECRET';

  constructor(namespace: string, what: string) {
    super(
      `Secret ${namespace}/${AUTHORITY_SECRET}: ${what}; restore it from a backup, or delete it: a new authority is ` +
        'made then, and workers that run now cannot be joined by new ones until they are replaced',
    );
    this.name = 'AuthoritySecretError';
  }
}

/** The Secret that holds a state; `present` is the one that it takes the place of. */
export function writeAuthoritySecret(
  namespace: string,
  state: AuthorityState,
  present?: SecretObject,
): SecretObject {
  const { signing, next, since } = state;
  const metadata = present?.metadata ?? { name: AUTHORITY_SECRET, namespace };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...CHILD_LABELS },
      annotations: { ...metadata.annotations, [SINCE]: since.toISOString() },
    },
    type: present?.type ?? 'Opaque',
    data: {
      [File.certificate]: base64(signing.certificate),
      [File.privateKey]: base64(signing.privateKey),
      [File.bundle]: base64(bundleOf(state)),
      ...(next !== undefined && {
        [File.nextCertificate]: base64(next.certificate),
        [File.nextPrivateKey]: base64(next.privateKey),
      }),
    },
  };
}

/** @throws AuthoritySecretError for a Secret that someone has spoiled; it says what is wrong and shows nothing. */
export function readAuthoritySecret(
  namespace: string,
  { metadata, data = {} }: SecretObject,
  now: Date,
): AuthorityState {
  const signing = authority(data, File.certificate, File.privateKey);
  if (signing === undefined)
    throw new AuthoritySecretError(
      namespace,
      `${File.certificate} and ${File.privateKey} are not a certificate and its key`,
    );
  const next = authority(data, File.nextCertificate, File.nextPrivateKey);
  const known = [signing, next].flatMap((one) => (one === undefined ? [] : [one.certificate]));
  const trusted = splitPem(text(data, File.bundle));
  return {
    signing,
    ...(next !== undefined && { next }),
    retired: trusted.filter((pem) => !known.some((one) => isSamePem(pem, one))),
    since: readTime(metadata.annotations?.[SINCE], now),
  };
}

function authority(
  data: Readonly<Record<string, string>>,
  certificateFile: string,
  keyFile: string,
): Authority | undefined {
  const certificate = text(data, certificateFile);
  const privateKey = text(data, keyFile);
  const parsed = readPair(certificate, privateKey);
  return parsed?.ca === true ? { name: parsed.subject, certificate, privateKey } : undefined;
}

/** Without a time the state counts as new: a change of authority then takes longer, never too short. */
function readTime(value: string | undefined, now: Date): Date {
  const time = new Date(value ?? '');
  return Number.isNaN(time.getTime()) ? now : time;
}

function text(data: Readonly<Record<string, string>>, file: string): string {
  return Buffer.from(data[file] ?? '', 'base64').toString('utf8');
}

function base64(value: string): string {
  return Buffer.from(value, 'utf8').toString('base64');
}
