import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { KernelsUnavailableError, loadKernels } from './kernels.ts';
import { referenceKernels } from './reference/index.ts';

const newMemory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });

describe('the SIMD kernels', () => {
  test('have the names of the reference', async () => {
    const memory = newMemory();
    const [simd, reference] = [await loadKernels(memory), referenceKernels(memory)];
    expect(Object.keys(simd).sort()).toEqual(Object.keys(reference).sort());
    for (const [name, kernel] of Object.entries(simd)) {
      if (name !== 'memory') expect(kernel).toBeInstanceOf(Function);
    }
  });

  test('import one memory and own nothing in it: two threads share it', async () => {
    const file = await readFile(new URL('./kernels.wasm', import.meta.url));
    const module = new WebAssembly.Module(file);
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    const memory = newMemory();
    const before = new Uint8Array(memory.buffer).map(() => 0xa5);
    new Uint8Array(memory.buffer).set(before);
    await loadKernels(memory);
    expect(Buffer.compare(new Uint8Array(memory.buffer), before)).toBe(0);
  });

  test('refuse a memory that is not shared, saying what to do', async () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
    await expect(loadKernels(memory)).rejects.toThrow(KernelsUnavailableError);
  });
});
