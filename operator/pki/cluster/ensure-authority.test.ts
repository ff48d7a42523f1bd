import { beforeEach, describe, expect, test } from '@jest/globals';
import { secrets as secretKind } from '../../cluster/controller/kinds.ts';
import { MemoryApiServer } from '../../cluster/testing/memory-api-server.ts';
import { DAY_MS } from '../lifetime.ts';
import { AUTHORITY_SECRET } from './authority-secret.ts';
import { bundleOf } from './authority-state.ts';
import { ensureAuthority } from './ensure-authority.ts';
import type { SecretObject } from './secret-object.ts';

const NAMESPACE = 'terngrad-system';
const START = new Date('2030-01-01T00:00:00Z');
const later = (days: number): Date => new Date(START.getTime() + days * DAY_MS);

let api: MemoryApiServer;
const ensure = (now = START) => ensureAuthority(api.resource<SecretObject>(secretKind), NAMESPACE, now);

beforeEach(() => {
  api = new MemoryApiServer(() => START);
});

function stored(): SecretObject {
  const secret = api.find('secrets', NAMESPACE, AUTHORITY_SECRET);
  if (secret === undefined) throw new Error('there is no authority Secret');
  return secret;
}

test('the authority is made once, and read from then on', async () => {
  const made = await ensure();
  const { metadata, type, data } = stored();
  expect(Object.keys(data ?? {}).toSorted()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  expect({ type, labels: metadata.labels }).toEqual({
    type: 'Opaque',
    labels: { 'app.kubernetes.io/name': 'terngrad-job', 'app.kubernetes.io/managed-by': 'terngrad-operator' },
  });
  const read = await ensure(later(1));
  expect(read.signing.certificate).toBe(made.signing.certificate);
  expect(read.since).toEqual(START);
  expect(api.writes.map(({ verb }) => verb)).toEqual(['create']);
});

test('of two that make it at once, both get the one that was first', async () => {
  const [one, other] = await Promise.all([ensure(), ensure()]);
  expect(one.signing.certificate).toBe(other.signing.certificate);
  expect(api.all('secrets')).toHaveLength(1);
});

test('a change of authority is carried by the Secret from start to end', async () => {
  const first = await ensure();
  const announced = await ensure(later(490));
  expect(Object.keys(stored().data ?? {})).toEqual(expect.arrayContaining(['next.crt', 'next.key']));
  expect(announced.signing.certificate).toBe(first.signing.certificate);
  expect(bundleOf(announced)).toContain(announced.next?.certificate.trim());

  const promoted = await ensure(later(491.5));
  expect(promoted.signing.certificate).toBe(announced.next?.certificate);
  expect(Object.keys(stored().data ?? {}).toSorted()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  expect((await ensure(later(500))).retired).toHaveLength(1);

  const settled = await ensure(later(525));
  expect(bundleOf(settled).trim()).toBe(promoted.signing.certificate.trim());
  expect(api.writes.map(({ verb }) => verb)).toEqual(['create', 'replace', 'replace', 'replace']);
});

test('two that carry a change on at once agree', async () => {
  await ensure();
  const [one, other] = await Promise.all([ensure(later(490)), ensure(later(490))]);
  expect(one.next?.certificate).toBe(other.next?.certificate);
});

test('what others wrote on the Secret stays', async () => {
  await ensure();
  api.put('secrets', { ...stored(), metadata: { ...stored().metadata, annotations: { backup: 'nightly' } } });
  // Without its time the state counts as new from now on.
  await ensure(later(490));
  expect(stored().metadata.annotations).toMatchObject({ backup: 'nightly' });
});

describe('a Secret that was spoiled is left alone, and the error shows nothing of it:', () => {
  const text = (value: string): string => Buffer.from(value).toString('base64');

  test.each<[string, (data: Record<string, string>) => Record<string, string>]>([
    ['empty', () => ({})],
    ['without a key', (data) => ({ ...data, 'tls.key': '' })],
    ['with a key of nobody', (data) => ({ ...data, 'tls.key': text('-----BEGIN PRIVATE KEY-----\nsecret') })],
  ])('%s', async (_what, spoil) => {
    await ensure();
    const { data = {}, ...rest } = stored();
    api.remove('secrets', NAMESPACE, AUTHORITY_SECRET);
    api.put('secrets', { ...rest, data: spoil({ ...data }) } as SecretObject);
    const error = await ensure().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'AUTHORITY_SECRET' });
    expect(String(error)).toMatch(
      /terngrad-system\/terngrad-operator-authority: .* restore it .* or delete it/,
    );
    expect(String(error)).not.toMatch(/BEGIN|secret$/);
    expect(api.writes).toHaveLength(1);
  });
});
