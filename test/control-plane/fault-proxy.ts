import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import type { PemPair } from '../../operator/pki/authority.ts';
import type { ApiCall } from './api-call.ts';
import { isWrite, parseCall, titleOf } from './api-call.ts';
import type { Treatment, Upstream } from './passage.ts';
import { pass, passageOf } from './passage.ts';

export interface FaultProxy {
  /** Path of a kubeconfig whose server is the proxy. */
  readonly kubeconfig: string;
  /** Every write that came in, by its place, in order. */
  readonly writes: readonly string[];
  /** Monotonic; 0 before the first. */
  lastWriteAtMs(): number;
  /** When a request of this title came last. */
  lastSeenAtMs(title: string): number;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Of the real API server; its user becomes that of all requests. */
  readonly kubeconfig: string;
  /** To that server: for all proxies the same, since connections cost more than the requests on them. */
  readonly upstream: Upstream;
  /** Where the kubeconfig of the proxy is written. */
  readonly file: string;
  /** The proxy's own, for 127.0.0.1. */
  readonly certificate: PemPair;
  readonly authority: string;
  /** Asked for every request; `undefined`: it passes. */
  readonly treat: Treat;
  /** How long a request is on its way, chosen anew for each: so that no order between requests is taken for granted. */
  readonly delayMs: () => number;
}

/** @param place the title of the call and, from the second time on, which time it is: `status Running #2` */
export type Treat = (call: ApiCall, place: string) => Treatment | undefined;

interface KubeConfigFile {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
}

export function upstreamOf(kubeconfig: string): Upstream {
  const { cluster } = readKubeConfig(kubeconfig);
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  return {
    url: cluster.server,
    agent: new Agent({ keepAlive: true, secureContext: createSecureContext({ ca }) }),
  };
}

function readKubeConfig(file: string) {
  const config = JSON.parse(readFileSync(file, 'utf8')) as KubeConfigFile;
  const [target] = config.clusters;
  if (target === undefined) throw new Error(`${file} names no cluster`);
  return { config, cluster: target.cluster };
}

/** Stands in front of a real API server, writes down what is asked of it, and spoils what it is told to spoil. */
export async function openFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { config, cluster } = readKubeConfig(options.kubeconfig);
  const writes: string[] = [];
  const counts = new Map<string, number>();
  const seenAtMs = new Map<string, number>();
  let lastWriteAtMs = 0;

  /** Below TLS, by the client's port: only there can a connection be reset. */
  const sockets = new Map<number, Socket>();
  const resetOf =
    ({ socket: { remotePort = 0 } }: IncomingMessage): (() => void) =>
    () =>
      void sockets.get(remotePort)?.resetAndDestroy();

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const json = body.length === 0 ? undefined : (JSON.parse(body.toString()) as unknown);
    const call = parseCall(message.method ?? '', message.url ?? '/', json);
    const title = titleOf(call);
    const times = (counts.get(title) ?? 0) + 1;
    counts.set(title, times);
    seenAtMs.set(title, performance.now());
    const place = times === 1 ? title : `${title} #${times}`;
    if (isWrite(call)) {
      writes.push(place);
      lastWriteAtMs = performance.now();
    }
    const treatment = options.treat(call, place) ?? pass;
    await pause(options.delayMs());
    await treatment(
      passageOf(call, place, { message, response, body, reset: resetOf(message) }, options.upstream),
    );
  };

  const { certificate: cert, privateKey: key } = options.certificate;
  const server = createServer({ cert, key }, (message, response) => {
    // A client that dies, and an API server that does not answer, break the one connection.
    serve(message, response).catch(() => resetOf(message)());
  });
  server.on('connection', (socket: Socket) => sockets.set(socket.remotePort ?? 0, socket));
  // What is idle stays open: a connection that the proxy closes would be a fault that nobody asked for.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  cluster.server = `https://127.0.0.1:${port}`;
  cluster['certificate-authority-data'] = Buffer.from(options.authority).toString('base64');
  writeFileSync(options.file, JSON.stringify(config), { mode: 0o600 });
  return {
    kubeconfig: options.file,
    writes,
    lastWriteAtMs: () => lastWriteAtMs,
    lastSeenAtMs: (title) => seenAtMs.get(title) ?? 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
