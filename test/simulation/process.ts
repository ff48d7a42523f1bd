import type { Clock } from '../../trainer/exchange/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ProcessName {
  readonly rank: number;
  readonly attempt: number;
}

/** A process that may be stopped, woken and killed between any two of its steps. */
export class SimulatedProcess {
  readonly rank: number;
  readonly attempt: number;
  readonly clock: Clock;
  readonly #time: VirtualTime;
  /** What happens to a stopped process happens when it wakes. */
  readonly #held: (() => void)[] = [];
  #state: 'running' | 'stopped' | 'dead' = 'running';
  /** Told once, when it dies. */
  onDeath: () => void = () => undefined;

  constructor(time: VirtualTime, { rank, attempt }: ProcessName) {
    this.#time = time;
    this.rank = rank;
    this.attempt = attempt;
    this.clock = {
      monotonicMs: () => time.nowMs,
      unixMs: () => time.nowMs,
      after: (delayMs, call) => time.after(delayMs, () => this.enter(call)),
      every: (periodMs, call) => this.#every(periodMs, call),
    };
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  get isStopped(): boolean {
    return this.#state === 'stopped';
  }

  get name(): string {
    return `rank ${this.rank} attempt ${this.attempt}`;
  }

  /** Something reaches the process from outside. */
  enter(call: () => void): void {
    if (this.#state === 'running') call();
    else if (this.#state === 'stopped') this.#held.push(call);
  }

  /** SIGSTOP. */
  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  /** SIGCONT. */
  wake(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    // One after the other, as everything else that happens to it.
    for (const call of this.#held.splice(0)) this.#time.after(0, () => this.enter(call));
  }

  /** SIGKILL, or its own end: what its code still does has no effect on anyone. */
  die(): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#held.length = 0;
    this.onDeath();
  }

  #every(periodMs: number, call: () => void): { cancel(): void } {
    let timer = this.clock.after(periodMs, tick);
    const { clock } = this;
    function tick(): void {
      timer = clock.after(periodMs, tick);
      call();
    }
    return { cancel: () => timer.cancel() };
  }
}
