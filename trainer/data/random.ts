/**
 * Counter-based random numbers: a draw is a pure function of a key and a position, so a redone step, a restarted
 * worker and another machine draw the same values.
 *
 * Threefry-2x32-20 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11), the generator of
 * Random123 and of JAX; the test carries Random123's known answers.
 */
export interface Random {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** Uniform integer in [0, bound), without bias. `bound` in 1..2^32. */
  integer(bound: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Fills `out` with uniform values in [low, high): the fast way for many. */
  fillUniform(out: Float32Array, low: number, high: number): void;
}

export interface RandomKey {
  /** The job's seed; integers up to 2^53 are told apart. */
  readonly seed: number;
  /** Step index, or whatever counts in its place (an epoch, a tensor). Default 0. */
  readonly step?: number;
  /** Rank of the worker; 0 where all workers must draw the same. Default 0. */
  readonly rank?: number;
  /** What the numbers are for: two purposes never share a stream. */
  readonly purpose: string;
}

/** Two 32-bit words: a key, a counter or a block of output. */
export type Words = readonly [number, number];

const KEY_PARITY = 0x1bd11bda;
const TWO_TO_32 = 2 ** 32;

/** One block of Threefry-2x32 with 20 rounds, written to `out[0]` and `out[1]`. */
function threefryInto(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
): void {
  const key2 = KEY_PARITY ^ key0 ^ key1;
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 1) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key2) | 0;
  y = (y + key0 + 2) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key0) | 0;
  y = (y + key1 + 3) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 4) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  out[0] = x + key2;
  out[1] = y + key0 + 5;
}

/** One block of Threefry-2x32-20. */
export function threefry2x32(key: Words, counter: Words): Words {
  const out = new Uint32Array(2);
  threefryInto(key[0], key[1], counter[0], counter[1], out);
  return [out[0]!, out[1]!];
}

/** FNV-1a over the UTF-16 units: only tells purposes apart, Threefry does the mixing. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The stream of 2^32 numbers for one key. Each call starts it anew. */
export function createRandom({ seed, step = 0, rank = 0, purpose }: RandomKey): Random {
  const seedWords: Words = [seed >>> 0, Math.floor(seed / TWO_TO_32) >>> 0];
  const key = threefry2x32(threefry2x32(seedWords, [hashOf(purpose), purpose.length]), [step, rank]);
  // As signed 32-bit integers, which the engine keeps in registers.
  const key0 = key[0] | 0;
  const key1 = key[1] | 0;

  const block = new Uint32Array(2);
  let position = 0;
  let spareNormal: number | undefined;

  function uint32(): number {
    const lane = position & 1;
    if (lane === 0) threefryInto(key0, key1, position >>> 1, 0, block);
    position++;
    return block[lane]!;
  }

  function uniform(): number {
    return uint32() / TWO_TO_32;
  }

  return {
    uint32,
    uniform,
    integer(bound) {
      // Values at or above the largest multiple of `bound` are drawn again: no remainder bias.
      const limit = TWO_TO_32 - (TWO_TO_32 % bound);
      let value = uint32();
      while (value >= limit) value = uint32();
      return value % bound;
    },
    normal() {
      if (spareNormal !== undefined) {
        const value = spareNormal;
        spareNormal = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spareNormal = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    fillUniform(out, low, high) {
      const scale = (high - low) / TWO_TO_32;
      let i = 0;
      if ((position & 1) === 1 && out.length > 0) out[i++] = low + uint32() * scale;
      // Whole blocks, two values each.
      for (; i + 1 < out.length; i += 2, position += 2) {
        threefryInto(key0, key1, position >>> 1, 0, block);
        out[i] = low + block[0]! * scale;
        out[i + 1] = low + block[1]! * scale;
      }
      if (i < out.length) out[i] = low + uint32() * scale;
    },
  };
}
