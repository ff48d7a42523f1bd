import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Parsed; `undefined` when there was none. */
  readonly body: unknown;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
}

export type Answer = (request: ReceivedRequest, response: ServerResponse) => void;

export interface ScriptedServer extends AsyncDisposable {
  readonly requests: readonly ReceivedRequest[];
  readonly kubeConfig: KubeConfig;
  readonly connections: () => number;
}

/** Answers the first request with the first answer and so on; the last answer is given again and again. */
export async function scriptedServer(...answers: readonly Answer[]): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Map<Socket, number>();
  const server = createServer(
    receive(sockets, (request, response) => {
      const answer = answers[Math.min(requests.length, answers.length - 1)];
      requests.push(request);
      answer?.(request, response);
    }),
  );
  server.on('connection', (socket) => void sockets.set(socket, sockets.size + 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    kubeConfig: kubeConfigFor(`http://127.0.0.1:${port}`),
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function kubeConfigFor(server: string, user: object = {}): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    // The library sends credentials over plain HTTP only when told that nothing is to be verified.
    clusters: [{ name: 'test', server, skipTLSVerify: true }],
    users: [{ name: 'test', ...user }],
    contexts: [{ name: 'test', cluster: 'test', user: 'test' }],
    currentContext: 'test',
  });
  return kubeConfig;
}

function receive(sockets: ReadonlyMap<Socket, number>, answer: Answer): RequestListener {
  return (message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const url = new URL(message.url ?? '/', 'http://unused');
      const text = Buffer.concat(chunks).toString('utf8');
      const request = {
        method: message.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: message.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
        connection: sockets.get(message.socket) ?? 0,
      };
      answer(request, response);
    });
  };
}

export function json(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

export function refused(
  status: number,
  reason: string,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  return json(
    status,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message },
    headers,
  );
}

/** The request was taken in, maybe carried out, and then the connection breaks. */
export const reset: Answer = (_request, response) => void response.socket?.resetAndDestroy();

/** Nothing ever comes. */
export const silence: Answer = () => {};

/** The beginning of an answer, and then nothing more. */
export function stalled(status: number, text: string): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.write(text);
  };
}

/** A watch that sends these lines, each a JSON document or raw text, and ends in order. */
export function watchLines(...lines: readonly (object | string)[]): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(asLines(lines));
  };
}

/** As watchLines, but the connection stays open and silent. */
export function openWatch(...lines: readonly (object | string)[]): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (lines.length > 0) response.write(asLines(lines));
  };
}

function asLines(lines: readonly (object | string)[]): string {
  return lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join('');
}
