import type { UpdateKernels } from '../kernels.ts';
import { BLOCK_VALUES } from '../layout.ts';

const { fround, sqrt } = Math;
const LANES = 4;

/** New values of a weight and its slots, from the old ones and the gradient. Every operation is rounded to float32. */
type Rule = (
  weight: number,
  gradient: number,
  slots: readonly number[],
) => [weight: number, ...slots: number[]];

interface Pointers {
  /** Of weights and slots: where the vector is read, and where the next one goes. */
  readonly state: readonly (readonly [present: number, next: number])[];
  readonly gradient: number;
  readonly blocks: number;
  readonly hash: number;
}

export function referenceUpdates(memory: WebAssembly.Memory): UpdateKernels {
  const floats = (at: number, blocks: number): Float32Array =>
    new Float32Array(memory.buffer, at, blocks * BLOCK_VALUES);

  function update({ state: places, blocks, hash, ...at }: Pointers, rule: Rule): void {
    const gradient = floats(at.gradient, blocks);
    const state = places.map(([present, next]) => ({
      present: floats(present, blocks),
      after: floats(next, blocks),
    }));
    const read = new StateSums(memory, hash);
    const written = new StateSums(memory, hash + 32);
    for (let i = 0; i < gradient.length; i++) {
      const [weight, ...slots] = state.map(({ present }) => present[i]!);
      const next = rule(weight!, gradient[i]!, slots);
      for (const [index, { present, after }] of state.entries()) {
        read.add(i, present[i]!);
        after[i] = next[index]!;
        written.add(i, after[i]!);
      }
    }
  }

  return {
    sgd(weights, nextWeights, gradient, blocks, hash, rate, l2) {
      const [r, d] = [fround(rate), fround(l2)];
      update({ state: [[weights, nextWeights]], gradient, blocks, hash }, (w, g) => [
        fround(w - fround(r * decayed(g, w, d))),
      ]);
    },
    momentum(weights, nextWeights, gradient, slot, nextSlot, blocks, hash, rate, l2, momentum) {
      const [r, d, m] = [fround(rate), fround(l2), fround(momentum)];
      const state = [
        [weights, nextWeights],
        [slot, nextSlot],
      ] as const;
      update({ state, gradient, blocks, hash }, (w, g, [a]) => {
        const next = fround(fround(m * a!) + decayed(g, w, d));
        return [fround(w - fround(r * next)), next];
      });
    },
    nesterov(weights, nextWeights, gradient, slot, nextSlot, blocks, hash, rate, l2, momentum) {
      const [r, d, m] = [fround(rate), fround(l2), fround(momentum)];
      const state = [
        [weights, nextWeights],
        [slot, nextSlot],
      ] as const;
      update({ state, gradient, blocks, hash }, (w, g, [a]) => {
        const total = decayed(g, w, d);
        const next = fround(fround(m * a!) + total);
        return [fround(w - fround(r * fround(total + fround(m * next)))), next];
      });
    },
    rmsprop(
      weights,
      nextWeights,
      gradient,
      slot,
      nextSlot,
      blocks,
      hash,
      rate,
      l2,
      decay,
      oneMinusDecay,
      epsilon,
    ) {
      const [r, d] = [fround(rate), fround(l2)];
      const [b, rest, e] = [fround(decay), fround(oneMinusDecay), fround(epsilon)];
      const state = [
        [weights, nextWeights],
        [slot, nextSlot],
      ] as const;
      update({ state, gradient, blocks, hash }, (w, g, [v]) => {
        const total = decayed(g, w, d);
        const next = fround(fround(b * v!) + fround(rest * fround(total * total)));
        return [fround(w - fround(fround(r * total) / fround(sqrt(fround(next + e))))), next];
      });
    },
    adam(
      weights,
      nextWeights,
      gradient,
      slot0,
      nextSlot0,
      slot1,
      nextSlot1,
      blocks,
      hash,
      rate,
      l2,
      decoupledDecay,
      beta1,
      oneMinusBeta1,
      beta2,
      oneMinusBeta2,
      epsilon,
    ) {
      const [r, d, dw] = [fround(rate), fround(l2), fround(decoupledDecay)];
      const [b1, rest1] = [fround(beta1), fround(oneMinusBeta1)];
      const [b2, rest2, e] = [fround(beta2), fround(oneMinusBeta2), fround(epsilon)];
      const state = [
        [weights, nextWeights],
        [slot0, nextSlot0],
        [slot1, nextSlot1],
      ] as const;
      update({ state, gradient, blocks, hash }, (w, g, [m, v]) => {
        const total = decayed(g, w, d);
        const nextM = fround(fround(b1 * m!) + fround(rest1 * total));
        const nextV = fround(fround(b2 * v!) + fround(rest2 * fround(total * total)));
        const step = fround(fround(r * nextM) / fround(fround(sqrt(nextV)) + e));
        return [fround(fround(w - fround(dw * w)) - step), nextM, nextV];
      });
    },
    hashState(weights, slot0, slot1, blocks, hash) {
      const state = [weights, slot0, slot1]
        .filter((at, index) => index === 0 || at > 0)
        .map((at) => floats(at, blocks));
      const written = new StateSums(memory, hash + 32);
      for (let i = 0; i < blocks * BLOCK_VALUES; i++) for (const vector of state) written.add(i, vector[i]!);
    },
    movingAverage(average, weights, blocks, decay, oneMinusDecay) {
      const averages = floats(average, blocks);
      const values = floats(weights, blocks);
      for (let i = 0; i < averages.length; i++) {
        averages[i] = fround(fround(decay) * averages[i]!) + fround(fround(oneMinusDecay) * values[i]!);
      }
    },
  };
}

function decayed(gradient: number, weight: number, l2: number): number {
  return fround(gradient + fround(l2 * weight));
}

/** Four sums and four sums of sums, modulo 2^32; see compute/optimizer/state-hash.ts. */
class StateSums {
  readonly #words: Uint32Array;
  readonly #float = new Float32Array(1);
  readonly #bits = new Uint32Array(this.#float.buffer);

  constructor(memory: WebAssembly.Memory, at: number) {
    this.#words = new Uint32Array(memory.buffer, at, 2 * LANES);
  }

  add(index: number, value: number): void {
    const lane = index % LANES;
    this.#float[0] = value;
    const word = this.#bits[0]!;
    this.#words[lane]! += word ^ (word >>> 15);
    this.#words[LANES + lane]! += this.#words[lane]!;
  }
}
