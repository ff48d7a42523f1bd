import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAuthority, issueLeaf } from '../../operator/pki/authority.ts';
import type { Credentials } from './credentials.ts';
import { openListener } from './listener.ts';
import type { Listener, ListenerOptions } from './listener.ts';
import { SocketBytes } from './socket-bytes.ts';

const LATER = { notAfter: new Date(Date.now() + 3_600_000) };
const authority = await createAuthority('test', LATER);
const server = await credentialsOf(0);
const client = await credentialsOf(1);

let listener: Listener;
let refusals: string[];

beforeEach(async () => {
  refusals = [];
  listener = await openListener(listenerOptions());
});

afterEach(() => listener.close(0));

test('a peer that is admitted speaks HTTP/2 over TLS 1.3', async () => {
  const socket = connect();
  await once(socket, 'secureConnect');
  expect([socket.getProtocol(), socket.alpnProtocol]).toEqual(['TLSv1.3', 'h2']);
  const [settings] = await once(socket, 'data');
  expect(settings[3]).toBe(4); // the type of a SETTINGS frame, the first of a connection
  socket.destroy();
});

describe('cut off before any HTTP/2', () => {
  test.each<[string, ConnectionOptions | (() => Promise<ConnectionOptions>), RegExp]>([
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }, /version|protocol/i],
    ['no certificate', { cert: undefined, key: undefined }, /certificate/i],
    [
      'an identity that is not admitted',
      async () => optionsOf(await credentialsOf(2)),
      /rank\/2 is not expected here/,
    ],
    ['another protocol than h2', { ALPNProtocols: ['http/1.1'] }, /alpn|protocol/i],
  ])('%s', async (_what, options, reason) => {
    const socket = connect(typeof options === 'function' ? await options() : options);
    const received: Buffer[] = [];
    socket.on('data', (data: Buffer) => received.push(data));
    await closed(socket);
    expect(received).toEqual([]);
    expect(refusals.join()).toMatch(reason);
  });

  test('bytes that are no TLS', async () => {
    const socket = connectTcp(listener.port, '127.0.0.1');
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.on('error', () => undefined);
    await closed(socket);
    expect(refusals).toHaveLength(1);
  });
});

test('host * listens on every address', async () => {
  const everywhere = await openListener({ ...listenerOptions(), address: '*:0' });
  try {
    const socket = connect({ port: everywhere.port });
    await once(socket, 'secureConnect');
    socket.destroy();
  } finally {
    await everywhere.close(0);
  }
});

test('connections beyond the limit are dropped at accept', async () => {
  const sockets = Array.from({ length: 5 }, () => connectTcp(listener.port, '127.0.0.1'));
  await Promise.race(sockets.map(closed));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sockets.filter((socket) => socket.closed)).toHaveLength(2);
  for (const socket of sockets) socket.destroy();
});

function listenerOptions(): ListenerOptions {
  return {
    address: '127.0.0.1:0',
    credentials: server,
    admit: (identity) => identity.kind === 'worker' && identity.rank === 1,
    onRefused: (reason) => refusals.push(reason),
    maxMessageBytes: 1024,
    maxConnections: 3,
    peerLossMs: 10_000,
    socketBytes: new SocketBytes(),
  };
}

/** `once` would reject with the alert that comes before. */
function closed(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function connect(change: ConnectionOptions = {}): TLSSocket {
  const socket = connectTls({ port: listener.port, host: '127.0.0.1', ...optionsOf(client), ...change });
  socket.on('error', () => undefined);
  return socket;
}

function optionsOf({ certificate, privateKey, authorities }: Credentials): ConnectionOptions {
  const checkServerIdentity = (): undefined => undefined;
  return { cert: certificate, key: privateKey, ca: authorities, ALPNProtocols: ['h2'], checkServerIdentity };
}

async function credentialsOf(rank: number): Promise<Credentials> {
  const identity = { kind: 'worker', namespace: 'default', jobUid: 'uid-1', rank } as const;
  return {
    ...(await issueLeaf(authority, { identity, validity: LATER })),
    authorities: authority.certificate,
  };
}
