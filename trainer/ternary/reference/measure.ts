import { BLOCK_VALUES } from '../layout.ts';
import type { GradientKernels } from '../kernels.ts';

const BLOCK_LANES = 8;
const LANES = 4;
const { fround } = Math;

export function referenceMeasure(memory: WebAssembly.Memory): Pick<GradientKernels, 'measure'> {
  return {
    measure(values, blocks, scale, out) {
      const floats = new Float32Array(memory.buffer, values, blocks * BLOCK_VALUES);
      const sums = new Float64Array(LANES);
      const squares = new Float64Array(LANES);
      let largest = 0;
      for (let block = 0; block < blocks; block++) {
        const blockSums = new Float32Array(BLOCK_LANES);
        const blockSquares = new Float32Array(BLOCK_LANES);
        for (let i = block * BLOCK_VALUES; i < (block + 1) * BLOCK_VALUES; i++) {
          const value = fround(floats[i]! * fround(scale));
          blockSums[i % BLOCK_LANES]! += value;
          const square = fround(value * value);
          blockSquares[i % BLOCK_LANES]! += square;
          // Not Math.max: a NaN is left out.
          if (square > largest) largest = square;
        }
        for (let lane = 0; lane < LANES; lane++) {
          sums[lane]! += fround(blockSums[lane]! + blockSums[lane + LANES]!);
          squares[lane]! += fround(blockSquares[lane]! + blockSquares[lane + LANES]!);
        }
      }
      new Float64Array(memory.buffer, out, 2).set([fold(sums), fold(squares)]);
      new Float32Array(memory.buffer, out + 16, 1)[0] = largest;
    },
  };
}

function fold(lanes: Float64Array): number {
  return lanes[0]! + lanes[2]! + (lanes[1]! + lanes[3]!);
}
