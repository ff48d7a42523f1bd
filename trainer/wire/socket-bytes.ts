import type { Socket } from 'node:net';

/** What the counting needs of a TCP socket. */
export type CountedSocket = Pick<Socket, 'bytesRead' | 'bytesWritten' | 'once' | 'destroyed'>;

/**
 * Bytes that crossed the TCP sockets of one process's exchange, TLS and HTTP/2 included: the figure that a proxy in
 * between would count. Closed sockets stay in the totals.
 */
export class SocketBytes {
  readonly #open = new Set<CountedSocket>();
  #closedSent = 0;
  #closedReceived = 0;

  add(socket: CountedSocket): void {
    if (socket.destroyed || this.#open.has(socket)) return;
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#closedSent += socket.bytesWritten;
      this.#closedReceived += socket.bytesRead;
    });
  }

  get sent(): number {
    let total = this.#closedSent;
    for (const socket of this.#open) total += socket.bytesWritten;
    return total;
  }

  get received(): number {
    let total = this.#closedReceived;
    for (const socket of this.#open) total += socket.bytesRead;
    return total;
  }
}
