/** Where a command writes. Results go to `out`, everything about the way there to `err`. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `err` is a screen on which a line can be rewritten. */
  readonly isScreen: boolean;
  /** Width of that screen. */
  readonly columns: number;
}

export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isScreen: process.stderr.isTTY,
    get columns() {
      return process.stderr.columns ?? 80;
    },
  };
}
