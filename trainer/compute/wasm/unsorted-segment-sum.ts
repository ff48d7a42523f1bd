import type { Tensor, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs-core';
import { allocateFloats, heapFloats } from './heap.ts';
import type { InputTensors, KernelContext } from '../own-kernel.ts';

/**
 * Sums the rows of x that have the same segment id; the gradient of gather and of embeddings. Ids outside
 * [0, numSegments) are dropped, as the other backends do.
 *
 *     x [rows, ...], segmentIds [rows] -> [numSegments, ...]
 */
export function unsortedSegmentSum(
  input: InputTensors,
  { numSegments }: UnsortedSegmentSumAttrs,
  { backend }: KernelContext,
): Tensor {
  const [x, segmentIds] = [input('x'), input('segmentIds')];
  const [rows, ...rowShape] = x.shape;
  if (x.dtype !== 'float32' || segmentIds.rank !== 1 || segmentIds.size !== rows) {
    throw new RangeError(
      `UnsortedSegmentSum on wasm takes float32 rows and one id per row, got ${x.dtype} [${x.shape.join(', ')}] ` +
        `and ids [${segmentIds.shape.join(', ')}]`,
    );
  }
  const ids = segmentIds.dataSync();
  const sums = allocateFloats(backend, [numSegments, ...rowShape]);
  const [to, from] = [heapFloats(backend, sums).fill(0), heapFloats(backend, x)];
  const width = numSegments === 0 ? 0 : sums.size / numSegments;
  for (let row = 0; row < rows; row++) {
    const id = ids[row]!;
    if (id < 0 || id >= numSegments) continue;
    for (let i = 0; i < width; i++) to[id * width + i]! += from[row * width + i]!;
  }
  return sums;
}
