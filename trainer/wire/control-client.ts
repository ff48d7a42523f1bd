import { Metadata } from '@grpc/grpc-js';
import { formatIdentity } from '../../operator/pki/identity.ts';
import { openChannel } from './channel.ts';
import type { Credentials } from './credentials.ts';
import { progressMethod } from './messages.ts';
import { writeClaimedIdentity } from './metadata.ts';
import { isWorkerOf } from './peer-identity.ts';
import type { JobScope } from './peer-identity.ts';
import type { ProgressReport, ProgressRequest } from './progress.ts';
import { SocketBytes } from './socket-bytes.ts';

export interface ControlClientOptions {
  /** `host:port` of rank 0. */
  readonly address: string;
  readonly job: JobScope;
  /** The operator's; `undefined` where the job has TLS off. */
  readonly credentials: Credentials | undefined;
  /** Default 5000. */
  readonly timeoutMs?: number;
}

/** The operator's side of Control: one connection to rank 0 of one job. */
export interface ControlClient {
  /** Rejects with the gRPC status error (`code` 4 deadline, 7 not the operator, 14 not reachable). */
  progress(request: ProgressRequest): Promise<ProgressReport>;
  close(): void;
}

const MAX_REPORT_BYTES = 1024 * 1024;

export function openControlClient(options: ControlClientOptions): ControlClient {
  const client = openChannel({
    address: options.address,
    credentials: options.credentials,
    checkPeer: (identity) =>
      isWorkerOf(options.job, identity) && identity.rank === 0
        ? undefined
        : 'the peer is not rank 0 of this job',
    maxMessageBytes: MAX_REPORT_BYTES,
    peerLossMs: 30_000,
    socketBytes: new SocketBytes(),
  });
  const { path, requestSerialize, responseDeserialize } = progressMethod;
  return {
    progress: (request) =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        if (options.credentials === undefined)
          writeClaimedIdentity(metadata, formatIdentity({ kind: 'operator' }));
        const deadline = Date.now() + (options.timeoutMs ?? 5000);
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadata,
          { deadline },
          (e, report) => (report === undefined ? reject(e ?? new Error('no report')) : resolve(report)),
        );
      }),
    close: () => client.close(),
  };
}
