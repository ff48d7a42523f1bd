import { X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority, issueLeaf } from './authority.ts';
import type { Authority, PemPair } from './authority.ts';
import { formatIdentity } from './identity.ts';
import type { WorkerIdentity } from './identity.ts';

const NOW = Date.now();
const HOUR_MS = 3_600_000;
const LATER = { notAfter: new Date(NOW + HOUR_MS) };
const WORKER: WorkerIdentity = { kind: 'worker', namespace: 'default', jobUid: 'uid-1', rank: 3 };

let authority: Authority;
let leaf: PemPair;

beforeAll(async () => {
  authority = await createAuthority('terngrad', LATER);
  leaf = await issueLeaf(authority, {
    identity: WORKER,
    dnsNames: ['worker-3.job.default.svc'],
    ipAddresses: ['10.0.0.7'],
    validity: LATER,
  });
});

test('the authority signs leaves only, and itself', () => {
  const certificate = new X509Certificate(authority.certificate);
  expect(certificate.ca).toBe(true);
  expect(certificate.subject).toBe('CN=terngrad');
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
});

test('a leaf carries the identity as its only URI, and is no authority', () => {
  const certificate = new X509Certificate(leaf.certificate);
  expect(certificate.subjectAltName).toBe(
    `URI:${formatIdentity(WORKER)}, DNS:worker-3.job.default.svc, IP Address:10.0.0.7`,
  );
  expect(certificate.ca).toBe(false);
  expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
});

test('a leaf is valid exactly as long as asked, from five minutes ago for clocks that lag', () => {
  const certificate = new X509Certificate(leaf.certificate);
  expect(Math.abs(new Date(certificate.validTo).getTime() - (NOW + HOUR_MS))).toBeLessThan(2000);
  expect(Math.abs(new Date(certificate.validFrom).getTime() - (NOW - 300_000))).toBeLessThan(10_000);
});

test('serial numbers differ and are positive', async () => {
  const other = await issueLeaf(authority, { identity: WORKER, validity: LATER });
  const serials = [leaf, other].map(({ certificate }) => new X509Certificate(certificate).serialNumber);
  expect(serials[0]).not.toBe(serials[1]);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
});

test('a leaf for what is no identity is not issued', async () => {
  const identity = { ...WORKER, jobUid: 'x/rank/0' };
  await expect(issueLeaf(authority, { identity, validity: LATER })).rejects.toThrow('not an identity');
});

describe('a TLS 1.3 server with this authority', () => {
  test('takes a leaf of it', async () => {
    await expect(handshake(leaf)).resolves.toBe('TLSv1.3');
  });

  test('refuses an expired leaf', async () => {
    const validity = { notBefore: new Date(NOW - HOUR_MS), notAfter: new Date(NOW - 1000) };
    const expired = await issueLeaf(authority, { identity: WORKER, validity });
    await expect(handshake(expired)).rejects.toThrow('CERT_HAS_EXPIRED');
  });

  test('refuses a leaf that is not valid yet', async () => {
    const validity = { notBefore: new Date(NOW + 600_000), notAfter: new Date(NOW + HOUR_MS) };
    const early = await issueLeaf(authority, { identity: WORKER, validity });
    await expect(handshake(early)).rejects.toThrow('CERT_NOT_YET_VALID');
  });

  test('refuses a leaf of another authority of the same name', async () => {
    const impostor = await createAuthority('terngrad', LATER);
    await expect(handshake(await issueLeaf(impostor, { identity: WORKER, validity: LATER }))).rejects.toThrow(
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    );
  });
});

/** Connects with a client certificate; resolves with the protocol, or rejects with what the server says. */
async function handshake(client: PemPair): Promise<string | null> {
  const { certificate: cert, privateKey: key } = leaf;
  const ca = authority.certificate;
  const server = createServer({ cert, key, ca, requestCert: true, minVersion: 'TLSv1.3' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca,
    cert: client.certificate,
    key: client.privateKey,
    checkServerIdentity: () => undefined,
  });
  socket.on('error', () => undefined);
  try {
    return await new Promise((resolve, reject) => {
      server.on('secureConnection', (accepted) => resolve(accepted.getProtocol()));
      // Node itself only says that the socket hung up; why is on the socket.
      server.on('tlsClientError', (_error, refused) => reject(new Error(String(refused.authorizationError))));
    });
  } finally {
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}
