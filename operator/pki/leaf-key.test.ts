import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { newLeafKey } from './leaf-key.ts';

/** After the headers of PrivateKeyInfo and ECPrivateKey. */
const SCALAR_AT = 36;

const read = (key: ReturnType<typeof newLeafKey>) => ({
  privateKey: createPrivateKey({ key: key.privateKey, format: 'der', type: 'pkcs8' }),
  publicKey: createPublicKey({ key: key.publicKey, format: 'der', type: 'spki' }),
});

test('OpenSSL reads both as the keys of one pair on P-256', () => {
  const { privateKey, publicKey } = read(newLeafKey());
  expect(privateKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  const data = Buffer.from('signed');
  expect(verify('sha256', data, publicKey, sign('sha256', data, privateKey))).toBe(true);
});

test('the encoding is the one that OpenSSL itself writes', () => {
  for (const key of [newLeafKey(), keyThatBeginsWithZero()]) {
    const { privateKey, publicKey } = read(key);
    expect(privateKey.export({ type: 'pkcs8', format: 'der' }).equals(key.privateKey)).toBe(true);
    expect(publicKey.export({ type: 'spki', format: 'der' }).equals(key.publicKey)).toBe(true);
  }
});

/** One in 256. */
function keyThatBeginsWithZero(): ReturnType<typeof newLeafKey> {
  for (;;) {
    const key = newLeafKey();
    if (key.privateKey[SCALAR_AT] === 0) return key;
  }
}

test('no two are the same', () => {
  expect(newLeafKey().privateKey.equals(newLeafKey().privateKey)).toBe(false);
});
