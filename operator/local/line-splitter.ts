import { StringDecoder } from 'node:string_decoder';

/** A longer line is cut: a worker that prints without line ends must not fill our memory. */
export const MAX_LINE_CHARACTERS = 64 * 1024;

export interface LineSplitter {
  push(bytes: Buffer): void;
  /** Delivers the last line when it has no line end. */
  end(): void;
}

/** Cuts a stream of UTF-8 bytes, in pieces of any length, into lines. Empty lines are dropped. */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  function deliver(line: string): void {
    const trimmed = line.trimEnd();
    if (trimmed !== '') onLine(trimmed);
  }

  function take(text: string): void {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) deliver(line.slice(0, MAX_LINE_CHARACTERS));
    if (rest.length > MAX_LINE_CHARACTERS) {
      deliver(rest.slice(0, MAX_LINE_CHARACTERS));
      rest = '';
    }
  }

  return {
    push: (bytes) => take(decoder.write(bytes)),
    end: () => {
      take(decoder.end());
      deliver(rest);
      rest = '';
    },
  };
}
