import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import type { ApiCall } from './api-call.ts';

/** What the API server said, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** One request on its way through the proxy: a fault decides what becomes of it. */
export interface Passage {
  readonly call: ApiCall;
  /** The call's title and, from the second time on, which time it is: `status Running #2`. */
  readonly place: string;
  /** Sends it on and waits for the whole answer, which goes nowhere yet. Once, and not for a watch. */
  forward(parameters?: Readonly<Record<string, string>>): Promise<Answer>;
  reply(answer: Answer): void;
  /** Head and the first half of the body, then the connection breaks. */
  replyHalf(answer: Answer): void;
  /** The connection breaks, as the client sees it. */
  reset(): void;
  /** An open stream from the API server to the client, line by line. Both ends end together. */
  stream(lines: LineFilter): Promise<void>;
}

/** Writes what is to be written of the lines of a watch, without their line ends; returns when nothing more comes. */
export type LineFilter = (lines: AsyncIterable<string>, output: WatchOutput) => Promise<void>;

export interface WatchOutput {
  line(text: string): void;
  /** As it is: half a line, garbage. */
  raw(text: string): void;
  /** Breaks the connection. */
  reset(): void;
  /** Resolves when the client is gone. */
  readonly closed: Promise<void>;
}

/** Decides what becomes of a request. Most pass. */
export type Treatment = (passage: Passage) => Promise<void>;

export interface Upstream {
  readonly url: string;
  readonly agent: Agent;
}

interface Incoming {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  /** Breaks the connection. */
  readonly reset: () => void;
}

export function passageOf(call: ApiCall, place: string, incoming: Incoming, upstream: Upstream): Passage {
  const { message, response, body, reset } = incoming;
  const send = (parameters: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> => {
    const url = new URL(message.url ?? '/', upstream.url);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const { host: _host, connection: _connection, ...headers } = message.headers;
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: message.method, headers, agent: upstream.agent }, resolve);
      sent.on('error', reject);
      sent.end(body.length === 0 ? undefined : body);
    });
  };
  return {
    call,
    place,
    reset,
    async forward(parameters) {
      const answer = await send(parameters);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      return { status: answer.statusCode ?? 0, headers: kept(answer), body: Buffer.concat(chunks) };
    },
    reply(answer) {
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    },
    replyHalf(answer) {
      response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
      response.write(answer.body.subarray(0, answer.body.length / 2), reset);
    },
    async stream(filter) {
      const answer = await send();
      const closed = new Promise<void>((resolve) => {
        response.once('close', () => {
          answer.destroy();
          resolve();
        });
      });
      answer.on('error', () => undefined);
      response.writeHead(answer.statusCode ?? 0, kept(answer));
      response.flushHeaders();
      const raw = (text: string): void => void (response.destroyed || response.write(text));
      await filter(linesOf(answer), { raw, line: (text) => raw(`${text}\n`), reset, closed });
      response.end();
    },
  };
}

/** As it is: what a proxy that nobody notices does. */
export async function pass(passage: Passage): Promise<void> {
  if (passage.call.verb !== 'watch') return passage.reply(await passage.forward());
  await passage.stream(async (lines, output) => {
    for await (const line of lines) output.line(line);
  });
}

/** Ends, and never throws, when the stream ends for whatever reason. */
async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  const lines = createInterface({ input: stream });
  lines.on('error', () => undefined);
  yield* lines;
}

function kept({ headers }: IncomingMessage): OutgoingHttpHeaders {
  const names = ['content-type', 'retry-after', 'cache-control'];
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
}
