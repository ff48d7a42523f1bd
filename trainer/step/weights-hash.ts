import { createHash } from 'node:crypto';
import type { FlatLayout } from '../ternary/layout.ts';

/**
 * SHA-256 (hex) over the weights, tensor by tensor in model order, float32 little endian, without padding: it says
 * which model came out, whatever the layout, the codec or the number of workers.
 * @param weights the flat vector; may lie in shared memory.
 */
export function weightsHash(layout: FlatLayout, weights: Float32Array): string {
  const hash = createHash('sha256');
  for (const slot of layout.slots) {
    // A copy, because a hash takes no shared memory.
    const tensor = Float32Array.from(weights.subarray(slot.offset, slot.offset + slot.size));
    hash.update(new Uint8Array(tensor.buffer));
  }
  return hash.digest('hex');
}
