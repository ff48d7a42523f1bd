import type { Socket } from 'node:net';
import { CONTROL_TIMEOUT_MS, MAX_LINE_BYTES } from './messages.ts';

/** The first line that comes. Rejects at the end, at an error, after 5 s without one, and for a line that is too long. */
export function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(CONTROL_TIMEOUT_MS, () => reject(new Error('no answer within 5 s')));
    socket.on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > MAX_LINE_BYTES) reject(new Error('the line is too long'));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}
