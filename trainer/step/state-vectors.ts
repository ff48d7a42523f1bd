import type { StepMemory } from './memory.ts';

/** Where the flat vectors of a step begin, byte offsets. */
export interface VectorPlaces {
  readonly weights: number;
  readonly gradient: number;
  readonly slots: readonly number[];
}

/**
 * Which of the memory's vectors hold the state. A step writes the next state beside the present one, as its sums come in;
 * once all have come, one word changes and the next state is the present one. So no instant knows half a state, and what
 * an unfinished step has written is of no account.
 *
 * The gradient is spent once it is encoded: the next weights take its place, and the old weights' place holds the next
 * gradient. Optimizer slots have a spare place each, or none where they are large: then the state is updated in place, after
 * the last sum.
 */
export class StateVectors {
  readonly #side: Int32Array;
  readonly #sides: readonly [VectorPlaces, VectorPlaces];
  /** Whether the next state can be written beside the present one. */
  readonly hasSpare: boolean;

  constructor(
    buffer: SharedArrayBuffer,
    plan: Pick<StepMemory, 'side' | 'weights' | 'gradient' | 'slots' | 'spareSlots'>,
  ) {
    const { weights, gradient, slots, spareSlots } = plan;
    this.#side = new Int32Array(buffer, plan.side, 1);
    this.hasSpare = spareSlots.length === slots.length;
    this.#sides = [
      { weights, gradient, slots },
      { weights: gradient, gradient: weights, slots: spareSlots },
    ];
  }

  /** As they are now. The compute thread changes it, between the last sum of a step and its next contribution. */
  get present(): VectorPlaces {
    return this.#sides[this.#presentSide];
  }

  /** Where the next state is written; its `weights` lie where the present gradient does. */
  get next(): VectorPlaces {
    return this.#sides[this.#presentSide === 0 ? 1 : 0];
  }

  /** What was written beside the present state is the present state from now on. */
  exchange(): void {
    Atomics.store(this.#side, 0, this.#presentSide === 0 ? 1 : 0);
  }

  get #presentSide(): 0 | 1 {
    return Atomics.load(this.#side, 0) === 0 ? 0 : 1;
  }
}
