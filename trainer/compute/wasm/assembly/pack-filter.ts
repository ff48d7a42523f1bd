// @ts-nocheck -- AssemblyScript, compiled by scripts/build-gradient-kernels.ts
/* oxlint-disable -- AssemblyScript */
import { at } from './floats';

/**
 * Rearranges a filter for `convolve`: panels of 8 columns, each [taps*depth][8], missing columns 0. The filter has
 * `taps` blocks; in a block the element (d, c) lies at d*depthStride + c*columnStride.
 */
export function packFilter(
  filter: usize,
  out: usize,
  taps: i32,
  depth: i32,
  columns: i32,
  depthStride: i32,
  columnStride: i32,
  flip: bool,
): void {
  const block = depth * columns;
  let target = out;
  for (let panel = 0; panel < columns; panel += 8) {
    for (let tap = 0; tap < taps; tap++) {
      const source = at(filter, (flip ? taps - 1 - tap : tap) * block);
      for (let d = 0; d < depth; d++) {
        for (let c = panel; c < panel + 8; c++, target += 4) {
          f32.store(target, c < columns ? f32.load(at(source, d * depthStride + c * columnStride)) : 0);
        }
      }
    }
  }
}
