import type { FloatKernels } from '../kernels.ts';
import { payloadDigest } from '../payload-digest.ts';
import { fromHalf, toHalf } from './half.ts';

const MAGNITUDE_BITS = 0x7fff_ffff;

export function referenceFloats(memory: WebAssembly.Memory): FloatKernels {
  const floats = (at: number, count: number): Float32Array => new Float32Array(memory.buffer, at, count);
  const halves = (at: number, count: number): Uint16Array => new Uint16Array(memory.buffer, at, count);
  return {
    digest: (bytes, count) => payloadDigest(new Uint8Array(memory.buffer, bytes, count)),
    copy(from, to, bytes) {
      new Uint8Array(memory.buffer).copyWithin(to, from, from + bytes);
    },
    addFloats(sum, values, count) {
      const sums = floats(sum, count);
      const added = floats(values, count);
      for (let i = 0; i < count; i++) sums[i]! += added[i]!;
    },
    scaleFloats(values, count, factor) {
      const scaled = floats(values, count);
      for (let i = 0; i < count; i++) scaled[i]! *= Math.fround(factor);
    },
    floatsToHalves(from, count, to) {
      const source = floats(from, count);
      const target = halves(to, count);
      for (let i = 0; i < count; i++) target[i] = toHalf(source[i]!);
    },
    halvesToFloats(from, count, to) {
      const source = halves(from, count);
      const target = floats(to, count);
      for (let i = 0; i < count; i++) target[i] = fromHalf(source[i]!);
    },
    maxAbsoluteBits(from, count) {
      const bits = new Int32Array(memory.buffer, from, count);
      return bits.reduce((largest, word) => Math.max(largest, word & MAGNITUDE_BITS), 0);
    },
  };
}
