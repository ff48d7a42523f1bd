import type { Kernels } from '../kernels.ts';
import { referenceDigits } from './digits.ts';
import { referenceFloats } from './floats.ts';
import { referenceMeasure } from './measure.ts';
import { referenceRans } from './rans.ts';
import { referenceTernarize } from './ternarize.ts';
import { referenceUpdates } from './updates.ts';

/**
 * The kernels in plain TypeScript, value by value, over the same memory: slow, obvious, and byte for byte what the SIMD
 * kernels write. Tests hold the two equal; golden files are made from these.
 */
export function referenceKernels(memory: WebAssembly.Memory): Kernels {
  return {
    memory,
    ...referenceMeasure(memory),
    ...referenceTernarize(memory),
    ...referenceDigits(memory),
    ...referenceRans(memory),
    ...referenceFloats(memory),
    ...referenceUpdates(memory),
  };
}
