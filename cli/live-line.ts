import type { Terminal } from './terminal.ts';

/** Without a screen, a progress line is printed this often. */
const PLAIN_INTERVAL_MS = 10_000;

const ERASE_LINE = '\r\u001B[2K';

/**
 * One line that is rewritten at the bottom of the screen, with permanent lines above it. Where `err` is a file or a
 * pipe, progress becomes plain lines, not more often than every ten seconds.
 */
export class LiveLine {
  private readonly terminal: Terminal;
  private readonly nowMs: () => number;
  private current = '';
  private lastPlainMs = -Infinity;

  constructor(terminal: Terminal, nowMs: () => number = () => performance.now()) {
    this.terminal = terminal;
    this.nowMs = nowMs;
  }

  /** Replaces the live line. */
  show(text: string): void {
    if (this.terminal.isScreen) {
      // A longer line would wrap, and then could not be erased.
      this.current = text.slice(0, Math.max(0, this.terminal.columns - 1));
      this.terminal.err(ERASE_LINE + this.current);
      return;
    }
    const nowMs = this.nowMs();
    if (nowMs - this.lastPlainMs < PLAIN_INTERVAL_MS) return;
    this.lastPlainMs = nowMs;
    this.terminal.err(`${text}\n`);
  }

  /** Prints a line that stays. */
  print(text: string): void {
    if (this.current === '') this.terminal.err(`${text}\n`);
    else this.terminal.err(`${ERASE_LINE}${text}\n${this.current}`);
  }

  /** Removes the live line. */
  clear(): void {
    if (this.current !== '') this.terminal.err(ERASE_LINE);
    this.current = '';
  }
}
