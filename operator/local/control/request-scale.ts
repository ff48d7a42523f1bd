import { createConnection } from 'node:net';
import { join } from 'node:path';
import { ScaleRefusedError } from '../job-size.ts';
import { CONTROL_SOCKET, scaleReplySchema } from './messages.ts';
import { readLine } from './read-line.ts';

/**
 * Asks the run in `folder` for another size.
 * @throws ScaleRefusedError with the run's own words; any other error: nobody answers there.
 */
export async function requestScale(
  folder: string,
  replicas: number,
): Promise<{ readonly before: number; readonly now: number }> {
  const socket = createConnection(join(folder, CONTROL_SOCKET));
  try {
    socket.write(`${JSON.stringify({ replicas })}\n`);
    const reply = scaleReplySchema.parse(JSON.parse(await readLine(socket)));
    if (reply.kind === 'refused') throw new ScaleRefusedError(reply.message);
    return { before: reply.before, now: reply.now };
  } finally {
    socket.destroy();
  }
}

/** Whether a run is there: the socket of one that was killed refuses. */
export function isAnswering(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(join(folder, CONTROL_SOCKET), () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
