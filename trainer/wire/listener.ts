import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Server as TlsServer, TLSSocket } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Metadata } from '@grpc/grpc-js';
import type { Identity } from '../../operator/pki/identity.ts';
import { EVERY_HOST, parseAddress } from './address.ts';
import { secureContextOptions } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { raiseServerWindows } from './flow-control.ts';
import { readClaimedIdentity } from './metadata.ts';
import { certificateIdentity } from './peer-identity.ts';
import type { SocketBytes } from './socket-bytes.ts';

export interface ListenerOptions {
  /** `host:port`; port 0 takes a free one, host `*` takes every address of the machine. */
  readonly address: string;
  /** `undefined`: plaintext, identities are only claimed. */
  readonly credentials: Credentials | undefined;
  /** Whether this identity may connect at all. Others are cut off before they can send a byte of HTTP/2. */
  readonly admit: (identity: Identity) => boolean;
  /** Told why a connection was refused. */
  readonly onRefused: (reason: string, remoteAddress: string) => void;
  /** Longest gRPC message that is read; longer ones end the call before memory is taken for them. */
  readonly maxMessageBytes: number;
  /** More connections than this are dropped at accept. */
  readonly maxConnections: number;
  /** A connected peer that answers no ping for this long is cut off. */
  readonly peerLossMs: number;
  readonly socketBytes: SocketBytes;
}

export interface Listener {
  /** Add services to it; it is serving already. */
  readonly server: Pick<Server, 'addService'>;
  readonly port: number;
  /** Who makes this call. Throws InvalidIdentityError when that is not clear. */
  identityOf(call: IdentifiedCall): Identity;
  /** Stops accepting, lets streams that have ended drain for `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** What of a gRPC server call tells who makes it. */
export interface IdentifiedCall {
  readonly metadata: Metadata;
  getAuthContext(): { readonly sslPeerCertificate?: { readonly subjectaltname?: string } };
}

/** A peer has this long for the whole TLS handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Bulk and control connections carry one or two streams; the rest is reserve. */
const MAX_STREAMS_PER_CONNECTION = 16;

/**
 * Opens the gRPC port. TCP and TLS are ours and gRPC gets finished connections, so that TLS is 1.3 at least, identities
 * are checked before any HTTP/2 state exists, and the sockets can be counted.
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { credentials, socketBytes } = options;
  const server = new Server({
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION,
    'grpc.keepalive_time_ms': Math.max(1000, options.peerLossMs / 2),
    'grpc.keepalive_timeout_ms': Math.max(1000, options.peerLossMs / 2),
  });
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  raiseServerWindows(server);

  const acceptor =
    credentials === undefined
      ? createServer((socket) => injector.injectConnection(socket))
      : tlsAcceptor(credentials, options, (socket) => injector.injectConnection(socket));
  acceptor.maxConnections = options.maxConnections;
  const open = new Set<Socket>();
  acceptor.on('connection', (socket: Socket) => {
    socketBytes.add(socket);
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  const port = await listen(acceptor, options.address);

  return {
    server,
    port,
    identityOf: (call) =>
      credentials === undefined
        ? readClaimedIdentity(call.metadata)
        : certificateIdentity(call.getAuthContext().sslPeerCertificate?.subjectaltname),
    close: (graceMs) => closeListener(server, acceptor, open, graceMs),
  };
}

function tlsAcceptor(
  credentials: Credentials,
  options: ListenerOptions,
  onConnection: (socket: TLSSocket) => void,
): NetServer {
  const acceptor = createTlsServer({
    ...secureContextOptions(credentials),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  useRenewed(credentials, acceptor);
  acceptor.on('tlsClientError', (error, socket) => {
    // For a certificate that did not verify, the error only says that the socket hung up.
    const reason: unknown = socket.authorizationError ?? error.message;
    options.onRefused(String(reason), socket.remoteAddress ?? 'unknown');
  });
  acceptor.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(socket, options.admit);
    if (refusal === undefined) {
      onConnection(socket);
    } else {
      options.onRefused(refusal, socket.remoteAddress ?? 'unknown');
      socket.destroy();
    }
  });
  return acceptor;
}

/** Connections that are open keep what they were made with; each new one gets the newest. */
function useRenewed(credentials: Credentials, acceptor: TlsServer): void {
  let used = secureContextOptions(credentials);
  acceptor.prependListener('connection', () => {
    const newest = secureContextOptions(credentials);
    if (isDeepStrictEqual(used, newest)) return;
    used = newest;
    acceptor.setSecureContext(newest);
  });
}

function refusalOf(socket: TLSSocket, admit: (identity: Identity) => boolean): string | undefined {
  const names = socket.getPeerCertificate().subjectaltname;
  try {
    return admit(certificateIdentity(names)) ? undefined : `identity ${names} is not expected here`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function listen(acceptor: NetServer, address: string): Promise<number> {
  const { host, port } = parseAddress(address);
  return new Promise((resolve, reject) => {
    acceptor.once('error', reject);
    acceptor.listen({ ...(host !== EVERY_HOST && { host }), port, exclusive: true }, () => {
      acceptor.off('error', reject);
      const bound = acceptor.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

async function closeListener(
  server: Server,
  acceptor: NetServer,
  open: ReadonlySet<Socket>,
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => acceptor.close(() => resolve()));
  // Sends GOAWAY on every session; each ends by itself once its streams have ended.
  server.tryShutdown(() => undefined);
  const timer = setTimeout(() => {
    for (const socket of open) socket.destroy();
  }, graceMs);
  try {
    await closed;
  } finally {
    clearTimeout(timer);
    server.forceShutdown();
  }
}
