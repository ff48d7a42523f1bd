import { finalizer } from '../finalizer.ts';
import type { GradientKernels } from '../kernels.ts';
import { BLOCK_VALUES } from '../layout.ts';
import { BASE3, ROW_VALUES, ROWS_PER_BLOCK } from '../radix.ts';

const GENERATORS = 4;
const { fround } = Math;

type TernarizeKernels = Pick<GradientKernels, 'ternarizeBase3' | 'ternarizeRows'>;

export function referenceTernarize(memory: WebAssembly.Memory): TernarizeKernels {
  return {
    ternarizeBase3(values, blocks, scaler, key0, key1, key2, key3, firstBlock, out) {
      const floats = new Float32Array(memory.buffer, values, blocks * BLOCK_VALUES);
      const packed = new Uint8Array(memory.buffer, out, blocks * ROW_VALUES);
      const codes = new Uint8Array(BLOCK_VALUES);
      for (let block = 0; block < blocks; block++) {
        const gradient = floats.subarray(block * BLOCK_VALUES, (block + 1) * BLOCK_VALUES);
        ternarizeBlock(gradient, scaler, [key0, key1, key2, key3], firstBlock + block, codes);
        for (let lane = 0; lane < ROW_VALUES; lane++) {
          let byte = 0;
          for (let row = 0; row < ROWS_PER_BLOCK; row++) {
            byte = byte * BASE3.radix + codes[row * ROW_VALUES + lane]!;
          }
          packed[block * ROW_VALUES + lane] = byte;
        }
      }
    },

    ternarizeRows(values, blocks, scaler, key0, key1, key2, key3, firstBlock, out) {
      const floats = new Float32Array(memory.buffer, values, blocks * BLOCK_VALUES);
      const codes = new Uint8Array(memory.buffer, out, blocks * BLOCK_VALUES);
      for (let block = 0; block < blocks; block++) {
        const from = block * BLOCK_VALUES;
        const to = from + BLOCK_VALUES;
        const key = [key0, key1, key2, key3];
        ternarizeBlock(floats.subarray(from, to), scaler, key, firstBlock + block, codes.subarray(from, to));
      }
    },
  };
}

/** Codes + 1 of one block: sign(g) where u * scaler < |g|, else 0. */
function ternarizeBlock(
  gradient: Float32Array,
  scaler: number,
  key: readonly number[],
  block: number,
  codes: Uint8Array,
): void {
  const unit = scaler > 0 ? fround(fround(scaler) * 2 ** -24) : Infinity;
  for (let generator = 0; generator < GENERATORS; generator++) {
    const state = key.map((word) => finalizer((block * GENERATORS + generator) ^ word));
    for (let i = generator; i < BLOCK_VALUES; i += GENERATORS) {
      const threshold = fround((draw(state) >>> 8) * unit);
      const value = gradient[i]!;
      codes[i] = Math.abs(value) > threshold ? 1 + Math.sign(value) : 1;
    }
  }
}

/** xorshift128 (Marsaglia 2003); moves the state on. */
function draw(state: number[]): number {
  const oldest = state[0]!;
  const newest = state[3]!;
  const mixed = oldest ^ (oldest << 11);
  const next = newest ^ (newest >>> 19) ^ mixed ^ (mixed >>> 8);
  state.shift();
  state.push(next);
  return next >>> 0;
}
