import type { Server } from '@grpc/grpc-js';
import type { Http2Server, ServerHttp2Session } from 'node:http2';

/**
 * HTTP/2 receive window of a stream and of a connection, on both sides. Node's default of 64 KiB caps a link at
 * 64 KiB per round trip. Not more than 4 MiB: Node stops reading while its own write is pending, and windows larger
 * than the kernel's buffers let both ends fill up and wait for each other.
 */
export const WINDOW_BYTES = 4 * 1024 * 1024;

/** grpc-js is not built as expected; the exchange still works, slower on links with latency. */
export class WindowsUnavailableError extends Error {
  readonly code = 'WINDOWS_UNAVAILABLE';

  constructor(what: string) {
    super(`cannot raise the server's HTTP/2 windows: ${what}; is this the pinned @grpc/grpc-js?`);
    this.name = 'WindowsUnavailableError';
  }
}

/**
 * Raises the receive windows of every session that a grpc-js server will accept from now on. grpc-js 1.14.7 has an
 * option for clients only (`grpc-node.flow_control_window`), so this reaches for the node:http2 servers in its private
 * `http2Servers` map. Call it after the server has been bound or a connection injector made.
 */
export function raiseServerWindows(server: Server, windowBytes: number = WINDOW_BYTES): void {
  const http2Servers: unknown = Reflect.get(server, 'http2Servers');
  if (!(http2Servers instanceof Map)) throw new WindowsUnavailableError('Server.http2Servers is not a Map');
  if (http2Servers.size === 0) throw new WindowsUnavailableError('the server has no http2 server yet');
  for (const http2Server of http2Servers.keys()) {
    if (!isHttp2Server(http2Server)) {
      throw new WindowsUnavailableError('a key of Server.http2Servers is not a node:http2 server');
    }
    http2Server.updateSettings({ initialWindowSize: windowBytes });
    http2Server.on('session', (session: ServerHttp2Session) => session.setLocalWindowSize(windowBytes));
  }
}

function isHttp2Server(value: unknown): value is Http2Server {
  return typeof value === 'object' && value !== null && 'updateSettings' in value;
}
