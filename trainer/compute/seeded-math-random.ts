import type { Random } from '../data/random.ts';

/**
 * Runs `work` while `Math.random` draws from `random`.
 *
 * Every random op of tfjs (initializers, dropout and noise layers, `tf.randomUniform`, ...) that was given no seed
 * takes one from `Math.random`. Seeding that one function therefore makes whole models reproducible: equal initial
 * weights on all workers, and dropout masks that depend on (seed, step, rank) alone. A layer with a seed of its own
 * would draw the same mask at every step.
 */
export function withSeededMathRandom<T>(random: Random, work: () => T): T {
  const original = Math.random;
  Math.random = () => random.uniform();
  try {
    return work();
  } finally {
    Math.random = original;
  }
}

/** The same for asynchronous work; nothing else may run in this thread meanwhile that cares about `Math.random`. */
export async function withSeededMathRandomAsync<T>(random: Random, work: () => T | Promise<T>): Promise<T> {
  const original = Math.random;
  Math.random = () => random.uniform();
  try {
    return await work();
  } finally {
    Math.random = original;
  }
}
