import type { StepPlan } from './step-plan.ts';

/**
 * How the I/O thread tells the compute thread which sums of the running step are whole and checked, without a message: the
 * compute thread sleeps on a word of their shared memory, so that a sum is decoded a few microseconds after it came.
 *
 * | words   | what                                           |
 * | ------- | ---------------------------------------------- |
 * | 0       | how many sums of this step have come           |
 * | 1       | not 0: the step is over before they have all come |
 * | 2...    | their chunks, in the order in which they came  |
 */
export class Arrivals {
  readonly #words: Int32Array;

  /** @param at byte offset of `arrivalBytes(chunks)` bytes. */
  constructor(buffer: SharedArrayBuffer, at: number, chunks: number) {
    this.#words = new Int32Array(buffer, at, FIRST + chunks);
  }

  /** I/O thread: a step begins; nobody waits. */
  begin(): void {
    Atomics.store(this.#words, COUNT, 0);
    Atomics.store(this.#words, INTERRUPTED, 0);
  }

  /** I/O thread: the sum of this chunk lies in memory. */
  add(chunk: number): void {
    const count = Atomics.load(this.#words, COUNT);
    Atomics.store(this.#words, FIRST + count, chunk);
    Atomics.store(this.#words, COUNT, count + 1);
    Atomics.notify(this.#words, COUNT);
  }

  /** I/O thread: no further sum of this step will come. */
  interrupt(): void {
    Atomics.store(this.#words, INTERRUPTED, 1);
    Atomics.notify(this.#words, COUNT);
  }

  /** How many sums have come. */
  get count(): number {
    return Atomics.load(this.#words, COUNT);
  }

  /** @param place in the order in which they came, below `count`. */
  chunk(place: number): number {
    return Atomics.load(this.#words, FIRST + place);
  }

  /** What `wait` would return at once; `waiting` when it would block. */
  look(known: number): number | 'interrupted' | 'waiting' {
    const { count } = this;
    if (count > known) return count;
    return Atomics.load(this.#words, INTERRUPTED) === 0 ? 'waiting' : 'interrupted';
  }

  /**
   * Compute thread: blocks until more than `known` sums have come, and returns how many have; `undefined` when no further
   * one will come. Whoever interrupts has the deadline.
   */
  wait(known: number): number | undefined {
    for (;;) {
      const seen = this.look(known);
      if (seen === 'interrupted') return undefined;
      if (seen !== 'waiting') return seen;
      Atomics.wait(this.#words, COUNT, known, LONGEST_SLEEP_MS);
    }
  }
}

const COUNT = 0;
const INTERRUPTED = 1;
const FIRST = 2;

/** An interruption that falls between the look at its word and the sleep is noticed after this time. */
const LONGEST_SLEEP_MS = 20;

export function arrivalBytes(chunks: number): number {
  return (FIRST + chunks) * Int32Array.BYTES_PER_ELEMENT;
}

export function arrivalsOf(plan: StepPlan, memory: WebAssembly.Memory): Arrivals {
  const { chunks } = plan.chunkPlan;
  return new Arrivals(memory.buffer as SharedArrayBuffer, plan.memory.arrivals, chunks.length);
}
