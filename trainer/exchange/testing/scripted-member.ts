import { Metadata } from '@grpc/grpc-js';
import type { Client, ClientDuplexStream, ClientWritableStream } from '@grpc/grpc-js';
import { openChannel } from '../../wire/channel.ts';
import type { Credentials } from '../../wire/credentials.ts';
import { openListener } from '../../wire/listener.ts';
import type { Listener } from '../../wire/listener.ts';
import { barrierMethod, joinMethod, pushMethod } from '../../wire/messages.ts';
import type {
  CoordinatorMessage,
  JoinReply,
  JoinRequest,
  MemberMessage,
  MembershipMessage,
} from '../../wire/messages.ts';
import { writeScope } from '../../wire/metadata.ts';
import type { StreamScope } from '../../wire/metadata.ts';
import { SocketBytes } from '../../wire/socket-bytes.ts';
import { encodeContribution } from '../barrier-messages.ts';
import { serveExchange } from '../services.ts';
import { contribution, JOB } from './local-job.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Rank 1 of a job of two, played by a test: it has a worker's certificate and streams, but sends what the test says.
 */
export class ScriptedMember {
  readonly received: Buffer[] = [];
  membership: MembershipMessage = { generation: 0, members: [], step: 0, stateHash: '', source: 0 };
  readonly #credentials: Credentials;
  readonly #reading: 'reading' | 'stopped reading';
  readonly #coordinatorAddress: string;
  readonly #sockets = new SocketBytes();
  readonly #clients: Client[] = [];
  #listener: Listener | undefined;
  #barrier: ClientDuplexStream<MemberMessage, CoordinatorMessage> | undefined;
  #push: ClientWritableStream<Buffer> | undefined;
  #closed = false;

  /** @param reading whether it reads what it is sent */
  constructor(
    coordinatorAddress: string,
    credentials: Credentials,
    reading: 'reading' | 'stopped reading' = 'reading',
  ) {
    this.#reading = reading;
    this.#coordinatorAddress = coordinatorAddress;
    this.#credentials = credentials;
  }

  /** Joins and opens all streams, as a real member would. */
  async form(change: Partial<JoinRequest> = {}): Promise<void> {
    this.#listener = await openListener({
      address: '127.0.0.1:0',
      credentials: this.#credentials,
      admit: () => true,
      onRefused: () => undefined,
      maxMessageBytes: MAX_BYTES,
      maxConnections: 10,
      peerLossMs: 10_000,
      socketBytes: this.#sockets,
    });
    serveExchange(
      this.#listener,
      JOB,
      (push) => {
        push.accept(
          (message) => this.received.push(message),
          () => undefined,
        );
        if (this.#reading === 'stopped reading') push.pause();
      },
      () => 'a scripted member has no state',
      () => 'a scripted member cannot be followed',
    );
    this.membership = await this.#join({
      rank: 1,
      attempt: 1,
      address: `127.0.0.1:${this.#listener.port}`,
      generationSeen: 0,
      step: 0,
      signature: 'lenet-1',
      stateHash: '00000000000000aa',
      replicas: 2,
      instance: 'scripted',
      ...change,
    });
    const scope = { generation: this.membership.generation, attempt: 1 };
    this.#barrier = this.openBarrier(scope);
    this.#push = this.openPush(scope);
  }

  openBarrier(scope: StreamScope): ClientDuplexStream<MemberMessage, CoordinatorMessage> {
    const { path, requestSerialize, responseDeserialize } = barrierMethod;
    const call = this.#client().makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadataOf(scope),
    );
    call.on('error', () => undefined);
    call.on('data', () => undefined);
    return call;
  }

  openPush(
    scope: StreamScope,
    onStatus: (details: string) => void = () => undefined,
  ): ClientWritableStream<Buffer> {
    const { path, requestSerialize, responseDeserialize } = pushMethod;
    const metadata = metadataOf(scope);
    const client = this.#client();
    const call = client.makeClientStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
      (error) => onStatus(error?.details ?? 'ended'),
    );
    call.on('error', () => undefined);
    return call;
  }

  /** A well-formed contribution to a barrier, changed as the test says. */
  contribute(step: number, change: Partial<MemberMessage> = {}): void {
    this.#barrier?.write({
      generation: this.membership.generation,
      attempt: 1,
      contribution: encodeContribution(contribution(step)),
      ...change,
    });
  }

  tell(message: MemberMessage): void {
    this.#barrier?.write(message);
  }

  push(message: Buffer): void {
    this.#push?.write(message);
  }

  /** Cuts every connection, as a killed process would. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#barrier?.cancel();
    this.#push?.cancel();
    for (const client of this.#clients) client.close();
    await this.#listener?.close(0);
  }

  #client(): Client {
    const client = openChannel({
      address: this.#coordinatorAddress,
      credentials: this.#credentials,
      checkPeer: () => undefined,
      maxMessageBytes: MAX_BYTES,
      peerLossMs: 10_000,
      socketBytes: this.#sockets,
    });
    this.#clients.push(client);
    return client;
  }

  #join(request: JoinRequest): Promise<MembershipMessage> {
    const { path, requestSerialize, responseDeserialize } = joinMethod;
    const client = this.#client();
    return new Promise((resolve, reject) => {
      const attempt = (): void => {
        if (this.#closed) return;
        const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
        call.on('data', (reply: JoinReply) => reply.membership !== undefined && resolve(reply.membership));
        call.on('error', (error: { readonly code?: number }) =>
          error.code === 14 ? setTimeout(attempt, 50) : reject(error),
        );
      };
      attempt();
    });
  }
}

function metadataOf(scope: StreamScope): Metadata {
  const metadata = new Metadata();
  writeScope(metadata, scope);
  return metadata;
}
