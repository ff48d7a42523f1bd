import { status } from '@grpc/grpc-js';
import type { Metadata } from '@grpc/grpc-js';
import { ClientCall, ServerCall } from './call.ts';
import type { Answered, Method, Status } from './call.ts';
import type { SimulatedProcess } from './process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A message on its way, as its sender wrote it. */
export interface InTransit {
  readonly from: SimulatedProcess;
  readonly to: SimulatedProcess;
  readonly path: string;
  readonly bytes: Buffer;
}

/** What arrives instead: any number of messages, and whether the connection breaks after them. */
export interface Tampered {
  readonly messages: readonly Buffer[];
  readonly thenReset: boolean;
}

export type Handler = (call: ServerCall, answer: (error: Status | null, message?: unknown) => void) => void;

export interface Service {
  readonly method: Method;
  readonly handler: Handler;
}

export interface ConnectionOptions {
  readonly time: VirtualTime;
  readonly client: SimulatedProcess;
  readonly server: SimulatedProcess;
  readonly peerLossMs: number;
  /** How long what is sent now is on its way. */
  readonly delayMs: () => number;
  /** Sees every message, and may change what arrives. */
  readonly tap: (message: InTransit) => Tampered | undefined;
  readonly onEnd: (connection: Connection) => void;
}

/** A sender may use the memory of a message again when it has left the process. */
const SENT_AFTER_MS = 0.1;
const RESET_AFTER_MS = 2;

type Direction = 'up' | 'down';

/** One call between two processes, on a connection of its own. Messages keep their order, and are serialized as in gRPC. */
export class Connection {
  readonly client: SimulatedProcess;
  readonly server: SimulatedProcess;
  readonly clientCall: ClientCall;
  readonly #options: ConnectionOptions;
  readonly #method: Method;
  #serverCall: ServerCall | undefined;
  /** When the last thing that is on its way arrives. */
  readonly #arrivalMs: Record<Direction, number> = { up: 0, down: 0 };
  #isOver = false;

  constructor(
    options: ConnectionOptions,
    service: Service | undefined,
    call: { readonly method: Method; readonly metadata: Metadata; readonly answered?: Answered | undefined },
  ) {
    this.#options = options;
    this.#method = call.method;
    this.client = options.client;
    this.server = options.server;
    this.clientCall = new ClientCall(
      {
        message: (message, onSent) => {
          this.#send('up', call.method.requestSerialize(message), (bytes) =>
            this.#serverCall?.receive(service?.method.requestDeserialize(bytes)),
          );
          if (onSent !== undefined) this.client.clock.after(SENT_AFTER_MS, onSent);
        },
        end: () => this.#deliver('up', () => this.#serverCall?.halfClose()),
        cancel: () => this.#deliver('up', () => this.#end(() => this.#serverCall?.cancel())),
      },
      call.answered,
    );
    this.#deliver('up', () => this.#accept(service, call.metadata));
  }

  /** The connection is gone; both ends notice. */
  break(): void {
    if (this.#isOver) return;
    this.#end(() => undefined);
    const gone = { code: status.UNAVAILABLE, details: 'Connection dropped' };
    this.#options.time.after(SENT_AFTER_MS, () => {
      this.client.enter(() => this.clientCall.finish(gone));
      this.server.enter(() => this.#serverCall?.cancel());
    });
  }

  /** As keepalive does: the connection breaks if there is a reason to doubt it for so long. */
  doubt(isDoubtful: () => boolean): void {
    this.#options.time.after(this.#options.peerLossMs, () => isDoubtful() && this.break());
  }

  #accept(service: Service | undefined, metadata: Metadata): void {
    const call: ServerCall = new ServerCall(this.client, metadata, {
      message: (message) => {
        if (service === undefined) return;
        this.#send('down', service.method.responseSerialize(message), (bytes) =>
          this.clientCall.receive(this.#method.responseDeserialize(bytes)),
        );
      },
      metadata: (answer) => this.#deliver('down', () => this.clientCall.emit('metadata', answer)),
      end: (outcome) => this.#deliver('down', () => this.#end(() => this.clientCall.finish(outcome))),
    });
    this.#serverCall = call;
    if (service === undefined) {
      call.emit('error', { code: status.UNIMPLEMENTED, details: this.#method.path });
      return;
    }
    const handle = (): void => service.handler(call, (error, message) => call.answer(error, message));
    if (service.method.requestStream) handle();
    // The handler of a single request is called when that is there.
    else {
      call.once('data', (request: unknown) => {
        call.request = request;
        handle();
      });
    }
  }

  #send(direction: Direction, written: Buffer, receive: (bytes: Buffer) => void): void {
    const [from, to] = direction === 'up' ? [this.client, this.server] : [this.server, this.client];
    if (from.isDead || this.#isOver) return;
    const bytes = Buffer.from(written);
    const tampered = this.#options.tap({ from, to, path: this.#method.path, bytes });
    for (const message of tampered?.messages ?? [bytes]) {
      this.#deliver(direction, () => this.#read(receive, message));
    }
    if (tampered?.thenReset === true) this.#options.time.after(RESET_AFTER_MS, () => this.break());
  }

  #read(receive: (bytes: Buffer) => void, message: Buffer): void {
    try {
      receive(message);
    } catch {
      // What is no message of its kind ends the call.
      this.break();
    }
  }

  #deliver(direction: Direction, arrive: () => void): void {
    const { time, delayMs } = this.#options;
    const [from, to] = direction === 'up' ? [this.client, this.server] : [this.server, this.client];
    if (from.isDead || this.#isOver) return;
    const atMs = Math.max(this.#arrivalMs[direction], time.nowMs + delayMs());
    this.#arrivalMs[direction] = atMs;
    time.at(atMs, () => to.enter(() => !this.#isOver && arrive()));
  }

  #end(last: () => void): void {
    this.#isOver = true;
    this.#options.onEnd(this);
    last();
  }
}
