// Must come before @peculiar/x509, whose dependency injection needs it at load time; it exports nothing.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, X509Certificate as NodeCertificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from '@peculiar/x509';
import { createAuthority } from './authority.ts';
import { keyIdentifier, leafCertificate, subjectOf } from './leaf-certificate.ts';

const uri = 'spiffe://terngrad/ns/default/terngradjob/uid-1/rank/300';

async function leafUntil(notAfter: Date) {
  const authority = await createAuthority('terngrad', { notAfter: new Date('2060-01-01') });
  const issuer = new X509Certificate(authority.certificate);
  const { publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const der = leafCertificate(
    {
      issuer: new Uint8Array(issuer.subjectName.toArrayBuffer()),
      authorityKeyId: Buffer.from('0102030405060708090a0b0c0d0e0f1011121314', 'hex'),
      notBefore: new Date('2026-01-02T03:04:05.678Z'),
      notAfter,
      commonName: 'terngrad-worker-300',
      uri,
      dnsNames: ['worker-300.job-workers.default.svc'],
      ipAddresses: ['10.0.0.7', '127.0.0.1'],
      publicKey,
    },
    createPrivateKey(authority.privateKey),
  );
  return { issuer, publicKey, der };
}

test('the ASN.1 library reads every field as it was meant', async () => {
  const { issuer, publicKey, der } = await leafUntil(new Date('2027-11-12T13:14:15Z'));
  const leaf = new X509Certificate(der);
  expect(leaf.issuer).toBe(issuer.subject);
  expect(leaf.subject).toBe('CN=terngrad-worker-300');
  expect(leaf.notBefore).toEqual(new Date('2026-01-02T03:04:05Z'));
  expect(leaf.notAfter).toEqual(new Date('2027-11-12T13:14:15Z'));
  expect(Buffer.from(leaf.publicKey.rawData)).toEqual(publicKey);
  expect(leaf.getExtension(BasicConstraintsExtension)).toMatchObject({ ca: false, critical: true });
  expect(leaf.getExtension(KeyUsagesExtension)).toMatchObject({
    usages: KeyUsageFlags.digitalSignature,
    critical: true,
  });
  expect(leaf.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual([
    ExtendedKeyUsage.serverAuth,
    ExtendedKeyUsage.clientAuth,
  ]);
  expect(leaf.getExtension(SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
    { type: 'url', value: uri },
    { type: 'dns', value: 'worker-300.job-workers.default.svc' },
    { type: 'ip', value: '10.0.0.7' },
    { type: 'ip', value: '127.0.0.1' },
  ]);
  expect(leaf.getExtension(AuthorityKeyIdentifierExtension)?.keyId).toBe(
    '0102030405060708090a0b0c0d0e0f1011121314',
  );
  const computed = await SubjectKeyIdentifierExtension.create(leaf.publicKey);
  expect(leaf.getExtension(SubjectKeyIdentifierExtension)?.keyId).toBe(computed.keyId);
  expect(leaf.extensions).toHaveLength(6);
});

test('OpenSSL takes it, and the signature is of the authority', async () => {
  const { issuer, der } = await leafUntil(new Date('2027-11-12T13:14:15Z'));
  const leaf = new NodeCertificate(der);
  expect(leaf.verify(new NodeCertificate(issuer.toString('pem')).publicKey)).toBe(true);
  expect(leaf.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
});

test('an end from 2050 on is written in four digits', async () => {
  const { der } = await leafUntil(new Date('2051-06-07T08:09:10Z'));
  expect(new X509Certificate(der).notAfter).toEqual(new Date('2051-06-07T08:09:10Z'));
  expect(new NodeCertificate(der).validTo).toBe('Jun  7 08:09:10 2051 GMT');
});

test('subject and key identifier of an authority are read as the library reads them', async () => {
  const { certificate } = await createAuthority('terngrad', { notAfter: new Date('2060-01-01') });
  const read = new X509Certificate(certificate);
  expect(Buffer.from(subjectOf(new Uint8Array(read.rawData)))).toEqual(
    Buffer.from(read.subjectName.toArrayBuffer()),
  );
  const publicKey = new NodeCertificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  expect(keyIdentifier(publicKey).toString('hex')).toBe(
    read.getExtension(SubjectKeyIdentifierExtension)?.keyId,
  );
});
