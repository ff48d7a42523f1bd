import { chmod } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { ScaleRefusedError } from '../job-size.ts';
import type { ScaleReply } from './messages.ts';
import { scaleRequestSchema } from './messages.ts';
import { readLine } from './read-line.ts';

/** Changes the size of the run, or rejects with ScaleRefusedError. */
export type ScaleRun = (replicas: number) => Promise<{ readonly before: number; readonly now: number }>;

export interface ControlSocket {
  close(): Promise<void>;
}

/**
 * Listens at `path` for requests of the same user: the socket has mode 0600, in a folder of mode 0700.
 * Rejects with the system's error where it cannot, such as a path beyond some 100 characters.
 */
export async function openControlSocket(path: string, scale: ScaleRun): Promise<ControlSocket> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    // Who hangs up has nothing to be told.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    void answer(socket, scale);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function answer(socket: Socket, scale: ScaleRun): Promise<void> {
  let reply: ScaleReply;
  try {
    const request = scaleRequestSchema.parse(JSON.parse(await readLine(socket)));
    reply = { kind: 'scaled', ...(await scale(request.replicas)) };
  } catch (error) {
    // Whatever else is wrong with it, it is no request of ours, and gets no hint.
    const message = error instanceof ScaleRefusedError ? error.message : 'not a request of terngrad scale';
    reply = { kind: 'refused', message };
  }
  socket.end(`${JSON.stringify(reply)}\n`);
}
