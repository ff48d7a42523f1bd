import { status } from '@grpc/grpc-js';
import type { Metadata } from '@grpc/grpc-js';
import type { Identity } from '../../operator/pki/identity.ts';
import type { Surroundings } from '../../trainer/exchange/surroundings.ts';
import type { Channel, ChannelOptions } from '../../trainer/wire/channel.ts';
import type { Listener, ListenerOptions } from '../../trainer/wire/listener.ts';
import { ClientCall } from './call.ts';
import type { Answered, Method, ServerCall } from './call.ts';
import { Connection } from './connection.ts';
import type { Handler, InTransit, Service, Tampered } from './connection.ts';
import type { SimulatedProcess } from './process.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface NetworkOptions {
  readonly time: VirtualTime;
  /** 0..1, from the seed. */
  readonly random: () => number;
  readonly identityOf: (process: SimulatedProcess) => Identity;
  readonly tap: (message: InTransit) => Tampered | undefined;
}

interface Bound {
  readonly process: SimulatedProcess;
  readonly services: Map<string, Service>;
}

interface Link {
  blockedUntilMs: number;
  extraMs: number;
  extraUntilMs: number;
}

const LEAST_DELAY_MS = 0.1;
const JITTER_MS = 0.9;
const REFUSED_AFTER_MS = 1;

/** Connections between simulated processes, in place of gRPC over TCP. The newest listener of an address has it. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #bound = new Map<string, Bound>();
  readonly #open = new Set<Connection>();
  readonly #links = new Map<string, Link>();
  #ports = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  surroundingsOf(process: SimulatedProcess): Surroundings {
    return {
      clock: process.clock,
      openListener: async (options) => this.#listen(process, options),
      openChannel: (options) => this.channel(process, options),
    };
  }

  /** The process is gone, and its computer says so. */
  died(process: SimulatedProcess): void {
    for (const [address, bound] of this.#bound) if (bound.process === process) this.#bound.delete(address);
    for (const connection of this.#open) if (isOf(connection, process)) connection.break();
  }

  /** Nothing answers there any more, though the connections stand. */
  stopped(process: SimulatedProcess): void {
    for (const connection of this.#open) if (isOf(connection, process)) this.#doubt(connection);
  }

  /** All connections between two ranks are reset. */
  cut(one: number, other: number): void {
    for (const connection of this.#open) if (isBetween(connection, one, other)) connection.break();
  }

  /** Nothing passes between two ranks for a while; what was sent arrives afterwards, unless somebody gives up before. */
  block(one: number, other: number, forMs: number): void {
    this.#link(one, other).blockedUntilMs = this.#options.time.nowMs + forMs;
    for (const connection of this.#open) if (isBetween(connection, one, other)) this.#doubt(connection);
  }

  slow(one: number, other: number, extraMs: number, forMs: number): void {
    Object.assign(this.#link(one, other), { extraMs, extraUntilMs: this.#options.time.nowMs + forMs });
  }

  channel(
    client: SimulatedProcess,
    options: Pick<ChannelOptions, 'address' | 'checkPeer' | 'peerLossMs'>,
  ): Channel {
    let isClosed = false;
    const open = (method: Method, metadata: Metadata, answered?: Answered): ClientCall => {
      const bound = isClosed ? undefined : this.#bound.get(options.address);
      return bound === undefined
        ? this.#refused(client, `connect ECONNREFUSED ${options.address}`, answered)
        : this.#connect(client, bound, options, { method, metadata, answered });
    };
    return channelOver(client, open, () => (isClosed = true));
  }

  #connect(
    client: SimulatedProcess,
    { process: server, services }: Bound,
    { checkPeer, peerLossMs }: Pick<ChannelOptions, 'checkPeer' | 'peerLossMs'>,
    call: { readonly method: Method; readonly metadata: Metadata; readonly answered: Answered | undefined },
  ): ClientCall {
    const complaint = checkPeer(this.#options.identityOf(server));
    if (complaint !== undefined) return this.#refused(client, complaint, call.answered);
    const { time, tap } = this.#options;
    const connection = new Connection(
      {
        time,
        client,
        server,
        peerLossMs,
        tap,
        delayMs: () => this.#delayMs(client.rank, server.rank),
        onEnd: (over) => this.#open.delete(over),
      },
      services.get(call.method.path),
      call,
    );
    this.#open.add(connection);
    this.#doubt(connection);
    return connection.clientCall;
  }

  #refused(client: SimulatedProcess, details: string, answered: Answered | undefined): ClientCall {
    const nowhere = { message: () => undefined, end: () => undefined, cancel: () => undefined };
    const call = new ClientCall(nowhere, answered);
    client.clock.after(REFUSED_AFTER_MS, () => call.finish({ code: status.UNAVAILABLE, details }));
    return call;
  }

  #listen(process: SimulatedProcess, { address }: ListenerOptions): Listener {
    this.#ports += 1;
    const port = this.#ports;
    const services: Bound['services'] = new Map();
    const bound = { process, services };
    const host = address.slice(0, address.lastIndexOf(':'));
    const at = [`${host}:${port}`, address];
    if (!process.isDead) for (const name of at) this.#bound.set(name, bound);
    return {
      port,
      server: {
        addService(definition, implementation) {
          for (const [name, method] of Object.entries(definition)) {
            const handler = Reflect.get(implementation, name) as unknown as Handler;
            services.set(method.path, { method: method as Method, handler: handler.bind(implementation) });
          }
        },
      },
      identityOf: (call) => this.#options.identityOf((call as unknown as ServerCall).caller),
      close: (graceMs) => {
        for (const name of at) if (this.#bound.get(name) === bound) this.#bound.delete(name);
        return new Promise((resolve) => {
          process.clock.after(graceMs, () => {
            for (const connection of this.#open) if (connection.server === process) connection.break();
            resolve();
          });
        });
      },
    };
  }

  #doubt(connection: Connection): void {
    const { client, server } = connection;
    const isDoubtful = (): boolean =>
      client.isStopped || server.isStopped || this.#isBlocked(client.rank, server.rank);
    if (isDoubtful()) connection.doubt(isDoubtful);
  }

  #isBlocked(one: number, other: number): boolean {
    return this.#link(one, other).blockedUntilMs > this.#options.time.nowMs;
  }

  #delayMs(one: number, other: number): number {
    const { time, random } = this.#options;
    const { blockedUntilMs, extraMs, extraUntilMs } = this.#link(one, other);
    const usual = LEAST_DELAY_MS + JITTER_MS * random();
    return Math.max(0, blockedUntilMs - time.nowMs) + (extraUntilMs > time.nowMs ? extraMs : 0) + usual;
  }

  #link(one: number, other: number): Link {
    const name = `${Math.min(one, other)}-${Math.max(one, other)}`;
    const link = this.#links.get(name) ?? { blockedUntilMs: 0, extraMs: 0, extraUntilMs: 0 };
    this.#links.set(name, link);
    return link;
  }
}

function isOf({ client, server }: Connection, process: SimulatedProcess): boolean {
  return client === process || server === process;
}

function isBetween({ client, server }: Connection, one: number, other: number): boolean {
  return (client.rank === one && server.rank === other) || (client.rank === other && server.rank === one);
}

type Codec = [path: string, write: Method['requestSerialize'], read: Method['responseDeserialize']];

/** The four ways in which a gRPC client makes a call. */
function channelOver(
  client: SimulatedProcess,
  open: (method: Method, metadata: Metadata, answered?: Answered) => ClientCall,
  close: () => void,
): Channel {
  const methodOf = ([path, requestSerialize, responseDeserialize]: Codec): Method =>
    ({ path, requestSerialize, responseDeserialize }) as Method;
  const withRequest = (call: ClientCall, request: unknown): ClientCall => {
    call.write(request);
    call.end();
    return call;
  };
  type Unary = [...Codec, request: unknown, Metadata, options: { readonly deadline: number }, Answered];
  const channel = {
    makeUnaryRequest(...[path, write, read, request, metadata, { deadline }, answered]: Unary) {
      const call = withRequest(open(methodOf([path, write, read]), metadata, answered), request);
      const details = 'Deadline exceeded';
      client.clock.after(deadline - client.clock.unixMs(), () =>
        call.finish({ code: status.DEADLINE_EXCEEDED, details }),
      );
      return call;
    },
    makeServerStreamRequest: (...[path, write, read, request, metadata]: [...Codec, unknown, Metadata]) =>
      withRequest(open(methodOf([path, write, read]), metadata), request),
    makeClientStreamRequest: (...[path, write, read, metadata, answered]: [...Codec, Metadata, Answered]) =>
      open(methodOf([path, write, read]), metadata, answered),
    makeBidiStreamRequest: (...[path, write, read, metadata]: [...Codec, Metadata]) =>
      open(methodOf([path, write, read]), metadata),
    close,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the exchange uses of the many overloads
  return channel as unknown as Channel;
}
