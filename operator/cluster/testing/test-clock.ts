/** Time that moves when a test says so. */
export class TestClock {
  private nowMs = Date.parse('2026-01-01T00:00:00Z');

  readonly now = (): Date => new Date(this.nowMs);

  advance(ms: number): void {
    this.nowMs += ms;
  }
}
