import { expect } from '@jest/globals';
import { loadKernels, type Kernels } from '../kernels.ts';
import { referenceKernels } from './index.ts';

/** SIMD and reference kernels over two memories that start equal, for tests that hold them equal. */
export interface Twins {
  readonly simd: Kernels;
  readonly reference: Kernels;
  /** Writes the same bytes to both memories. */
  write(at: number, data: ArrayBufferView): void;
  /** Runs the same work on both and expects that results and whole memories are equal afterwards. */
  expectEqual(work: (kernels: Kernels) => unknown): void;
}

const PAGE_BYTES = 65_536;

export async function createTwins(bytes: number): Promise<Twins> {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const newMemory = (): WebAssembly.Memory =>
    new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const simd = await loadKernels(newMemory());
  const reference = referenceKernels(newMemory());
  const simdBytes = new Uint8Array(simd.memory.buffer);
  const referenceBytes = new Uint8Array(reference.memory.buffer);
  return {
    simd,
    reference,
    write(at, data) {
      const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      simdBytes.set(source, at);
      referenceBytes.set(source, at);
    },
    expectEqual(work) {
      // After a failure the memories differ; the next case must not inherit that.
      simdBytes.set(referenceBytes);
      expect(work(simd)).toEqual(work(reference));
      expect(Buffer.compare(simdBytes, referenceBytes)).toBe(0);
    },
  };
}
