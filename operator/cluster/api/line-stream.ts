import type { IncomingMessage } from 'node:http';
import { ApiUnreachableError } from './errors.ts';

/** The lines of an open stream of text, until the server ends it or `signal` aborts. The last one need not be whole. */
export async function* readLines(
  stream: IncomingMessage,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of stream) {
      const pieces = (rest + (chunk as string)).split('\n');
      rest = pieces.pop() ?? '';
      yield* pieces;
    }
    if (rest !== '') yield rest;
  } catch (error) {
    if (!signal.aborted) throw new ApiUnreachableError('GET', path, error, false);
  } finally {
    stream.destroy();
  }
}
