import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Connections } from './connections.ts';
import { ApiError, ApiUnreachableError } from './errors.ts';
import { refusalFromAnswer } from './refusal.ts';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: { readonly contentType: string; readonly json: object };
}

/** One HTTP request, as client-go's `rest_client_requests_total` counts it. */
export interface ApiCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly host: string;
  /** HTTP status, or `<error>` when no answer came. */
  readonly code: string;
  /** Of a watch: until it was open. */
  readonly durationMs: number;
}

export interface ExchangeOptions {
  readonly connections: Connections;
  readonly onCall: (call: ApiCall) => void;
  /** For the whole exchange, waiting for a free connection and reading the last byte included. */
  readonly timeoutMs: number;
  readonly monotonicMs: () => number;
}

/** Calls over the kept-alive connections. Refusals throw ApiError, missing or broken answers ApiUnreachableError. */
export class Exchange {
  private readonly options: ExchangeOptions;
  private readonly underWay = new Set<ClientRequest>();
  private closed = false;

  constructor(options: ExchangeOptions) {
    this.options = options;
  }

  /** The parsed JSON of a 2xx answer. */
  async call(call: HttpCall, signal?: AbortSignal): Promise<unknown> {
    return await this.within(call, 'callAgent', signal, async (answer) => {
      const text = await readText(answer);
      if (!isSuccess(answer)) throw this.refusal(answer, text);
      return JSON.parse(text) as unknown;
    });
  }

  /** The open stream of a 2xx answer. Aborting `signal` cuts it. */
  async open(call: HttpCall, signal: AbortSignal): Promise<IncomingMessage> {
    return await this.within(call, 'watchAgent', signal, async (answer) => {
      if (!isSuccess(answer)) throw this.refusal(answer, await readText(answer));
      return answer;
    });
  }

  close(): void {
    this.closed = true;
    for (const request of this.underWay) request.destroy(new Error('the connection was closed'));
    this.options.connections.close();
  }

  /** Sends, hands the answer to `use`, and sees that time limit, abort, count and errors are right whatever happens. */
  private async within<R>(
    call: HttpCall,
    agent: 'callAgent' | 'watchAgent',
    signal: AbortSignal | undefined,
    use: (answer: IncomingMessage) => Promise<R>,
  ): Promise<R> {
    const { timeoutMs, monotonicMs } = this.options;
    const startedAtMs = monotonicMs();
    let code = '<error>';
    let request: ClientRequest | undefined;
    let deadline: NodeJS.Timeout | undefined;
    let overdue: Error | undefined;
    try {
      request = await this.send(call, agent, signal);
      const sent = request;
      deadline = setTimeout(() => {
        overdue = new Error(`no whole answer within ${timeoutMs} ms`);
        sent.destroy(overdue);
      }, timeoutMs);
      const answer = await answerTo(sent);
      code = String(answer.statusCode);
      return await use(answer);
    } catch (error) {
      throw this.explained(overdue ?? error, call, request);
    } finally {
      clearTimeout(deadline);
      this.count(call, code, monotonicMs() - startedAtMs);
    }
  }

  private async send(
    call: HttpCall,
    agent: 'callAgent' | 'watchAgent',
    signal: AbortSignal | undefined,
  ): Promise<ClientRequest> {
    const connection = await this.options.connections.current();
    if (this.closed) throw new Error('the connection was closed');
    signal?.throwIfAborted();
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body.json));
    const request = (connection.server.protocol === 'https:' ? httpsRequest : httpRequest)(
      connection.server,
      {
        method: call.method,
        path: joined(connection.server, call.path),
        agent: connection[agent],
        headers: {
          ...connection.headers,
          'User-Agent': 'terngrad-operator',
          Accept: 'application/json',
          ...(call.body === undefined ? {} : { 'Content-Type': call.body.contentType }),
          ...(body === undefined ? {} : { 'Content-Length': body.length }),
        },
      },
    );
    this.underWay.add(request);
    const abort = (): void => void request.destroy(new Error('given up'));
    signal?.addEventListener('abort', abort, { once: true });
    request.once('close', () => {
      this.underWay.delete(request);
      signal?.removeEventListener('abort', abort);
    });
    request.end(body);
    return request;
  }

  private refusal(answer: IncomingMessage, text: string): Error {
    const status = answer.statusCode ?? 0;
    if (status === 401) this.options.connections.forgetCredentials();
    return refusalFromAnswer(status, answer.headers['retry-after'], text);
  }

  private explained(error: unknown, call: HttpCall, request: ClientRequest | undefined): unknown {
    if (error instanceof ApiError) return error;
    return new ApiUnreachableError(call.method, pathOnly(call), error, request?.reusedSocket ?? false);
  }

  private count(call: HttpCall, code: string, durationMs: number): void {
    const { onCall, connections } = this.options;
    onCall({ method: call.method, path: pathOnly(call), host: connections.host, code, durationMs });
  }
}

function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays: a request may fail more than once, and after its answer has begun.
    request.on('error', reject);
  });
}

/** By its events: the asynchronous iterator costs more than all else of a small answer. */
function readText(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    answer.once('error', reject);
    // Always the last event: after an end it changes nothing.
    answer.once('close', () => reject(new Error('the answer broke off')));
  });
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** The server may lie under a path of its own, as behind Rancher. */
function joined(server: URL, path: string): string {
  return `${server.pathname.replace(/\/$/, '')}${path}`;
}

function pathOnly({ path }: HttpCall): string {
  return path.split('?', 1)[0] ?? path;
}
