/**
 * A bell that a loop waits for. A ring while nobody waits is kept, so that nothing that happens between a look and
 * the wait after it is missed.
 */
export class Wakeup {
  private rung = false;
  private release: (() => void) | undefined;

  ring(): void {
    this.rung = true;
    this.release?.();
  }

  /** Resolves at the next ring, or after `timeoutMs`. */
  async wait(timeoutMs: number | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        this.release = resolve;
        // Timers beyond 2^31 ms fire at once.
        if (timeoutMs !== undefined) timer = setTimeout(resolve, Math.min(timeoutMs, 2 ** 31 - 1));
      });
    }
    clearTimeout(timer);
    this.release = undefined;
    this.rung = false;
  }
}
