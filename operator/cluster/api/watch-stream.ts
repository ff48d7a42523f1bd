import type { IncomingMessage } from 'node:http';
import { ApiError, ApiUnreachableError, WatchSilentError } from './errors.ts';
import { refusalFromStatus } from './refusal.ts';
import type { KubeObject, WatchEvent } from './types.ts';

/** metav1.WatchEvent, one JSON document per line. */
interface EventLine {
  readonly type?: string;
  readonly object?: KubeObject;
}

/**
 * The events of an open watch, until the server ends it in order. Throws ApiError for an ERROR event, ApiUnreachableError when the
 * stream breaks or is not what it should be, WatchSilentError when no byte came for `silenceMs`.
 */
export async function* readWatch<T extends KubeObject>(
  stream: IncomingMessage,
  path: string,
  silenceMs: number,
): AsyncGenerator<WatchEvent<T>> {
  const watchdog = setTimeout(() => stream.destroy(new WatchSilentError(path, silenceMs)), silenceMs);
  try {
    for await (const line of lines(stream, () => watchdog.refresh())) {
      const event = parseEvent<T>(line);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    throw isOurs(error) ? error : new ApiUnreachableError('GET', path, error, false);
  } finally {
    clearTimeout(watchdog);
    stream.destroy();
  }
}

async function* lines(stream: IncomingMessage, onBytes: () => void): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    onBytes();
    const pieces = (rest + (chunk as string)).split('\n');
    rest = pieces.pop() ?? '';
    yield* pieces.filter((piece) => piece.trim() !== '');
  }
  if (rest.trim() !== '') throw new Error('the stream ended in the middle of an event');
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> | undefined {
  const { type = '', object } = JSON.parse(line) as EventLine;
  if (typeof object !== 'object' || object === null) throw new Error('a watch event has no object');
  switch (type) {
    case 'ADDED':
      return { type: 'added', object: object as T };
    case 'MODIFIED':
      return { type: 'modified', object: object as T };
    case 'DELETED':
      return { type: 'deleted', object: object as T };
    case 'BOOKMARK':
      return { type: 'bookmark', resourceVersion: object.metadata.resourceVersion ?? '' };
    case 'ERROR':
      throw refusalFromStatus(object, 500);
    default:
      throw new Error(`a watch event has the unknown type ${JSON.stringify(type)}`);
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof WatchSilentError || error instanceof ApiError;
}
