import { Readable } from 'node:stream';
import { Metadata, status } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { SimulatedProcess } from './process.ts';

export type Method = MethodDefinition<unknown, unknown>;

export interface Status {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata;
}

export type Answered = (error: (Status & Error) | null, answer?: unknown) => void;

/** What the client's end of a call does to the other. */
export interface ClientOutlet {
  message(message: unknown, onSent?: () => void): void;
  end(): void;
  cancel(): void;
}

/** What the server's end of a call does to the other. */
export interface ServerOutlet {
  message(message: unknown): void;
  metadata(metadata: Metadata): void;
  end(outcome: Status): void;
}

const OK: Status = { code: status.OK, details: '' };

/** The client's end of a call, of any of gRPC's four kinds, as far as the exchange uses them. */
export class ClientCall extends Readable {
  readonly #outlet: ClientOutlet;
  /** Of calls with a single answer. */
  readonly #callback: Answered | undefined;
  #answer: unknown;
  #isOver = false;

  constructor(outlet: ClientOutlet, callback?: Answered) {
    super({ objectMode: true, autoDestroy: false, read: () => undefined });
    this.#outlet = outlet;
    this.#callback = callback;
  }

  write(message: unknown, onSent?: () => void): boolean {
    if (!this.#isOver) this.#outlet.message(message, onSent);
    return true;
  }

  end(): void {
    if (!this.#isOver) this.#outlet.end();
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#outlet.cancel();
    this.finish({ code: status.CANCELLED, details: 'Cancelled on client' });
  }

  receive(message: unknown): void {
    if (this.#isOver) return;
    if (this.#callback === undefined) this.push(message);
    else this.#answer = message;
  }

  finish(outcome: Status): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const error =
      outcome.code === status.OK
        ? null
        : Object.assign(new Error(`${outcome.code} ${outcome.details}`), {
            metadata: new Metadata(),
            ...outcome,
          });
    if (this.#callback !== undefined) {
      this.#callback(error, error === null ? this.#answer : undefined);
      return;
    }
    this.push(null);
    if (error !== null) this.emit('error', error);
  }
}

/** The server's end. */
export class ServerCall extends Readable {
  readonly metadata: Metadata;
  /** Of calls with a single request. */
  request: unknown;
  cancelled = false;
  readonly caller: SimulatedProcess;
  readonly #outlet: ServerOutlet;
  #isOver = false;

  constructor(caller: SimulatedProcess, metadata: Metadata, outlet: ServerOutlet) {
    super({ objectMode: true, autoDestroy: false, read: () => undefined });
    this.caller = caller;
    this.metadata = metadata;
    this.#outlet = outlet;
    // As grpc-js: an error that a handler emits is how the call ends.
    this.on('error', (refusal: unknown) => this.#end(refusal as Status));
  }

  getAuthContext(): object {
    return {};
  }

  sendMetadata(metadata: Metadata): void {
    if (!this.#isOver) this.#outlet.metadata(metadata);
  }

  write(message: unknown): boolean {
    if (!this.#isOver) this.#outlet.message(message);
    return true;
  }

  end(): void {
    this.#end(OK);
  }

  answer(error: Status | null, message?: unknown): void {
    if (error === null) this.write(message);
    this.#end(error ?? OK);
  }

  receive(message: unknown): void {
    if (!this.#isOver) this.push(message);
  }

  halfClose(): void {
    if (!this.#isOver) this.push(null);
  }

  /** The client has given up, or the connection is gone. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.cancelled = true;
    this.emit('cancelled');
  }

  #end(outcome: Status): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outlet.end(outcome);
  }
}
