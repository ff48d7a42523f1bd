import { BLOCK_VALUES } from '../layout.ts';
import type { GradientKernels } from '../kernels.ts';

const LANES = 8;
const MAGNITUDE_BITS = 0x7fff_ffff;

export function referenceMeasure(memory: WebAssembly.Memory): Pick<GradientKernels, 'measure'> {
  return {
    measure(values, blocks, out) {
      const floats = new Float32Array(memory.buffer, values, blocks * BLOCK_VALUES);
      const bits = new Int32Array(memory.buffer, values, blocks * BLOCK_VALUES);
      const sums = new Float64Array(LANES);
      const squares = new Float64Array(LANES);
      let largest = 0;
      for (let i = 0; i < floats.length; i++) {
        const value = floats[i]!;
        sums[i % LANES]! += value;
        squares[i % LANES]! += value * value;
        largest = Math.max(largest, bits[i]! & MAGNITUDE_BITS);
      }
      new Float64Array(memory.buffer, out, 2).set([fold(sums), fold(squares)]);
      new Uint32Array(memory.buffer, out + 16, 1)[0] = largest;
    },
  };
}

function fold(lanes: Float64Array): number {
  const even = lanes[0]! + lanes[4]! + (lanes[2]! + lanes[6]!);
  const odd = lanes[1]! + lanes[5]! + (lanes[3]! + lanes[7]!);
  return even + odd;
}
