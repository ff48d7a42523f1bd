import type { Socket } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { Client, credentials as channelCredentials } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { Identity } from '../../operator/pki/identity.ts';
import { secureContextOf } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { WINDOW_BYTES } from './flow-control.ts';
import { certificateIdentity } from './peer-identity.ts';
import type { SocketBytes } from './socket-bytes.ts';

export interface ChannelOptions {
  /** `host:port` of the peer. */
  readonly address: string;
  /** `undefined`: plaintext, the peer is whoever answers. */
  readonly credentials: Credentials | undefined;
  /** Returns what is wrong with the identity in the peer's certificate, or `undefined`. The host name plays no part. */
  readonly checkPeer: (identity: Identity) => string | undefined;
  readonly maxMessageBytes: number;
  /** A peer that answers no ping for this long is cut off. */
  readonly peerLossMs: number;
  readonly socketBytes: SocketBytes;
}

/** What the exchange uses of a gRPC client. */
export type Channel = Pick<
  Client,
  | 'makeUnaryRequest'
  | 'makeServerStreamRequest'
  | 'makeClientStreamRequest'
  | 'makeBidiStreamRequest'
  | 'close'
>;

/**
 * A gRPC client on a connection of its own (no two channels share one), which is made with the first call.
 * Nothing is retried: what a lost message means is for the exchange to decide.
 */
export function openChannel(options: ChannelOptions): Client {
  const credentials = perConnection(() => peerCredentials(options), options.socketBytes);
  return new Client(options.address, credentials, {
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.keepalive_time_ms': Math.max(1000, options.peerLossMs / 2),
    'grpc.keepalive_timeout_ms': Math.max(1000, options.peerLossMs / 2),
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 250,
    'grpc.dns_min_time_between_resolutions_ms': 1000,
    'grpc-node.flow_control_window': WINDOW_BYTES,
    // An IP as TLS server name is not allowed (RFC 6066), and no name is checked anyway.
    ...(options.credentials === undefined ? {} : { 'grpc.ssl_target_name_override': 'terngrad-worker' }),
  });
}

function peerCredentials(options: ChannelOptions): ChannelCredentials {
  const { credentials, checkPeer } = options;
  if (credentials === undefined) return channelCredentials.createInsecure();
  const context = secureContextOf(credentials);
  return channelCredentials.createFromSecureContext(context, {
    checkServerIdentity: (_host: string, certificate: PeerCertificate): Error | undefined => {
      try {
        const complaint = checkPeer(certificateIdentity(certificate.subjectaltname));
        return complaint === undefined ? undefined : new Error(complaint);
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    },
  });
}

const CREATE_CONNECTOR = '_createSecureConnector';

interface SecureConnector {
  connect(socket: Socket): Promise<unknown>;
}

/**
 * Makes the credentials anew for each connection, so that renewed files are used, and lets us see the TCP sockets, for
 * the transport byte counters. `_createSecureConnector` is internal to grpc-js; where it is missing, connections keep
 * the first credentials and stay uncounted, and tests fail.
 */
function perConnection(make: () => ChannelCredentials, socketBytes: SocketBytes): ChannelCredentials {
  const credentials = make();
  const create: unknown = Reflect.get(credentials, CREATE_CONNECTOR);
  if (typeof create !== 'function') return credentials;
  const createConnector = (...args: unknown[]): SecureConnector => {
    const connector: SecureConnector = create.apply(credentials, args);
    connector.connect = (socket) => {
      socketBytes.add(socket);
      const latest: SecureConnector = create.apply(make(), args);
      return latest.connect(socket);
    };
    return connector;
  };
  Reflect.set(credentials, CREATE_CONNECTOR, createConnector);
  return credentials;
}
