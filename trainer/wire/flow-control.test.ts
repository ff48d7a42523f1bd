import { once } from 'node:events';
import { connect } from 'node:http2';
import { Server } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { raiseServerWindows, WindowsUnavailableError, WINDOW_BYTES } from './flow-control.ts';
import { openListener } from './listener.ts';
import { SocketBytes } from './socket-bytes.ts';

const OPTIONS = {
  address: '127.0.0.1:0',
  credentials: undefined,
  admit: () => true,
  onRefused: () => undefined,
  maxMessageBytes: 1024,
  maxConnections: 4,
  peerLossMs: 10_000,
  socketBytes: new SocketBytes(),
};

/**
 * Fails when a new grpc-js no longer keeps its http2 servers where we look for them. If it has got an option for
 * server windows by then, use that.
 */
test('a client of our server sees a window of 4 MiB per stream and per connection', async () => {
  const listener = await openListener(OPTIONS);
  const session = connect(`http://127.0.0.1:${listener.port}`);
  try {
    const [settings] = await once(session, 'remoteSettings');
    expect(settings.initialWindowSize).toBe(WINDOW_BYTES);
    // The connection's window arrives as an update of its own, in the same packets or the next.
    for (let i = 0; i < 100 && session.state.remoteWindowSize !== WINDOW_BYTES; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(session.state.remoteWindowSize).toBe(WINDOW_BYTES);
  } finally {
    session.destroy();
    await listener.close(0);
  }
});

test('where grpc-js is built differently, the error says so', () => {
  const server = new Server();
  expect(() => raiseServerWindows(server)).toThrow(WindowsUnavailableError);
  Reflect.set(server, 'http2Servers', new Map([[{}, {}]]));
  expect(() => raiseServerWindows(server)).toThrow('not a node:http2 server');
  Reflect.set(server, 'http2Servers', undefined);
  expect(() => raiseServerWindows(server)).toThrow('is not a Map');
  Reflect.set(server, 'http2Servers', new Map());
  server.forceShutdown();
});
