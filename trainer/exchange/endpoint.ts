import { Metadata } from '@grpc/grpc-js';
import { formatIdentity } from '../../operator/pki/identity.ts';
import type { WorkerIdentity } from '../../operator/pki/identity.ts';
import type { Channel } from '../wire/channel.ts';
import type { Listener } from '../wire/listener.ts';
import { writeClaimedIdentity } from '../wire/metadata.ts';
import { whichAttemptMethod } from '../wire/messages.ts';
import { isWorkerOf } from '../wire/peer-identity.ts';
import { SocketBytes } from '../wire/socket-bytes.ts';
import type { Clock } from './clock.ts';
import { COORDINATOR } from './coordination.ts';
import { ListenError } from './errors.ts';
import type { ExchangeOptions } from './exchange.ts';
import { checkOwnCertificate } from './own-identity.ts';
import { maxMessageBytes } from './peer-sender.ts';
import { realSurroundings } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

/** Control messages grow with scaler units and ranks, and by at most 2 MiB with a model's non-trainable weights. */
const MIN_MESSAGE_BYTES = 4 * 1024 * 1024;
/** A stranger may try for ever; each reason is logged once, and no more than so many. */
const MAX_LOGGED_REASONS = 100;

/** Rank 0 answers at once, or is not there. */
const ANSWER_MS = 2_000;

/** This member on the network: who it is, its listener, and the channels it opens. All their sockets are counted. Its clock, too. */
export class Endpoint {
  readonly sockets = new SocketBytes();
  readonly #options: ExchangeOptions;
  readonly #identity: WorkerIdentity;
  readonly #surroundings: Surroundings;
  readonly #loggedReasons = new Set<string>();
  /** To rank 0, and used by nobody yet. */
  #prepared: Channel | undefined;
  /** Nobody will take what is prepared later. */
  #isClosed = false;

  constructor(options: ExchangeOptions) {
    const { rank, job } = options;
    this.#options = options;
    this.#surroundings = options.surroundings ?? realSurroundings;
    this.#identity = { kind: 'worker', namespace: job.namespace, jobUid: job.uid, rank };
  }

  get clock(): Clock {
    return this.#surroundings.clock;
  }

  /** Throws HandshakeError when this worker's own certificate cannot be right. */
  checkIdentity(): void {
    const { credentials, rank, log } = this.#options;
    if (credentials !== undefined) checkOwnCertificate(credentials, this.#identity, new Date());
    else
      log?.('warn', 'TLS is off: anyone who reaches the port can join, read and change the training', {
        rank,
      });
  }

  /** Only workers of this job, and at rank 0 the operator, get past the TLS handshake. Throws ListenError. */
  async listen(): Promise<Listener> {
    const { listenAddress, credentials, replicas, elastic, rank, job } = this.#options;
    const mostReplicas = elastic?.maxReplicas ?? replicas;
    try {
      return await this.#surroundings.openListener({
        address: listenAddress,
        credentials,
        admit: (identity) =>
          identity.kind === 'operator'
            ? rank === COORDINATOR
            : isWorkerOf(job, identity) && identity.rank !== rank && identity.rank < mostReplicas,
        onRefused: (reason, remoteAddress) => this.#logRefusal(reason, remoteAddress),
        maxMessageBytes: this.#maxMessageBytes,
        maxConnections: 4 * mostReplicas + 16,
        peerLossMs: this.#peerLossMs,
        socketBytes: this.sockets,
      });
    } catch (error) {
      throw new ListenError(listenAddress, error);
    }
  }

  /** A client on a connection of its own to a rank, which must prove that it is that rank of this job. */
  openChannel(peerRank: number, address: string): Channel {
    const { credentials, job } = this.#options;
    return this.#surroundings.openChannel({
      address,
      credentials,
      checkPeer: (identity) =>
        isWorkerOf(job, identity) && identity.rank === peerRank
          ? undefined
          : `the certificate at ${address} is for ${formatIdentity(identity)}, not for rank ${peerRank} of this job`,
      maxMessageBytes: this.#maxMessageBytes,
      peerLossMs: this.#peerLossMs,
      socketBytes: this.sockets,
    });
  }

  /** Connects to rank 0, if it answers; `openCoordinatorChannel` takes that connection. */
  async prepareCoordinatorChannel(): Promise<void> {
    const channel = this.#newCoordinatorChannel();
    const isThere = await answers(channel, this.metadata(), this.clock);
    if (isThere && !this.#isClosed) this.#prepared = channel;
    else channel.close();
  }

  /** A client on a connection of its own to rank 0: the prepared one, once. */
  openCoordinatorChannel(): Channel {
    const channel = this.#prepared ?? this.#newCoordinatorChannel();
    this.#prepared = undefined;
    return channel;
  }

  #newCoordinatorChannel(): Channel {
    return this.openChannel(COORDINATOR, this.#options.coordinatorAddress);
  }

  /** Closes what was prepared and not taken. */
  close(): void {
    this.#prepared?.close();
    this.#prepared = undefined;
    this.#isClosed = true;
  }

  /** Fresh metadata for a call. */
  metadata(): Metadata {
    const metadata = new Metadata();
    if (this.#options.credentials === undefined)
      writeClaimedIdentity(metadata, formatIdentity(this.#identity));
    return metadata;
  }

  #logRefusal(reason: string, remoteAddress: string): void {
    if (this.#loggedReasons.has(reason) || this.#loggedReasons.size >= MAX_LOGGED_REASONS) return;
    this.#loggedReasons.add(reason);
    this.#options.log?.('warn', 'refused a connection', { reason, remoteAddress });
  }

  get #maxMessageBytes(): number {
    const { payloadBoundBytes = this.#options.maxPayloadBytes } = this.#options;
    return Math.max(MIN_MESSAGE_BYTES, maxMessageBytes(payloadBoundBytes));
  }

  get #peerLossMs(): number {
    return this.#options.peerLossSeconds * 1000;
  }
}

function answers(channel: Channel, metadata: Metadata, clock: Clock): Promise<boolean> {
  const { path, requestSerialize, responseDeserialize } = whichAttemptMethod;
  const deadline = clock.unixMs() + ANSWER_MS;
  return new Promise((resolve) => {
    channel.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
      metadata,
      { deadline },
      (_, answer) => resolve(answer !== undefined),
    );
  });
}
