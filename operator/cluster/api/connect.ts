import { Connections } from './connections.ts';
import { Exchange } from './exchange.ts';
import type { ApiCall } from './exchange.ts';
import type { KubeConfig } from './kube-config.ts';
import { readLines } from './line-stream.ts';
import { RestResource } from './rest-resource.ts';
import type { WatchableApiServer } from './types.ts';

export interface ConnectOptions {
  readonly kubeConfig: KubeConfig;
  /** Told of every HTTP request, each retry included. */
  readonly onCall?: (call: ApiCall) => void;
  /** A call without a whole answer for this long is given up. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** A watch without a byte for this long is given up. Default 120 s: bookmarks come about every minute. */
  readonly watchSilenceMs?: number;
  /** Does not jump when the computer's time is set. */
  readonly monotonicMs?: () => number;
}

export interface ConnectedApiServer extends WatchableApiServer {
  /** The text at `path` (with its query), line by line as it comes. Throws as the calls of Resource do. */
  lines(path: string, signal: AbortSignal): AsyncIterable<string>;
}

/** Connects when the first call is made. Throws UnusableKubeConfigError. */
export function connectToApiServer({
  kubeConfig,
  onCall = () => {},
  requestTimeoutMs = 30_000,
  watchSilenceMs = 120_000,
  monotonicMs = () => performance.now(),
}: ConnectOptions): ConnectedApiServer {
  const connections = new Connections(kubeConfig, monotonicMs);
  const exchange = new Exchange({ connections, onCall, timeoutMs: requestTimeoutMs, monotonicMs });
  return {
    resource: (kind) => new RestResource(exchange, kind, watchSilenceMs),
    async *lines(path, signal) {
      yield* readLines(await exchange.open({ method: 'GET', path }, signal), path, signal);
    },
    close: () => exchange.close(),
  };
}
