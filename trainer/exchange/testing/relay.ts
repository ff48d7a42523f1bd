import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** A TCP relay whose target may change: connections that are open stay with the old one. */
export class Relay {
  /** `host:port` that new connections go to. */
  target = '';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#relay(socket));
  }

  static async open(): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Relay(server);
  }

  get address(): string {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? `127.0.0.1:${bound.port}` : '';
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(inbound: Socket): void {
    const [host = '', port = ''] = this.target.split(':');
    const outbound = connect(Number(port), host);
    for (const [one, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
