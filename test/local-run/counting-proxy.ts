import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { LOOPBACK } from '../../operator/local/free-port.ts';

/** All of 127.0.0.0/8 is this computer: so the proxy can have the very port of what it stands in front of. */
export const PROXY_HOST = '127.0.0.2';

/** Counts the bytes of all TCP connections that go through it, as a sniffer in between would. */
export interface CountingProxy {
  /** On PROXY_HOST; what it stands in front of must listen on the same port of LOOPBACK. */
  readonly port: number;
  readonly toTarget: number;
  readonly fromTarget: number;
  close(): Promise<void>;
}

export async function openCountingProxy(): Promise<CountingProxy> {
  let toTarget = 0;
  let fromTarget = 0;
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect({ host: LOOPBACK, port });
    incoming.on('data', (bytes) => (toTarget += bytes.length));
    outgoing.on('data', (bytes) => (fromTarget += bytes.length));
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on('error', () => outgoing.destroy());
    // Nobody listens yet: what the caller has sent (a TLS hello) left it all the same, so it is read before the end.
    outgoing.on('error', () => incoming.unpipe(outgoing).resume().end());
    for (const socket of [incoming, outgoing]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, PROXY_HOST, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get toTarget() {
      return toTarget;
    },
    get fromTarget() {
      return fromTarget;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
