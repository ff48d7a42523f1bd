// @ts-nocheck -- AssemblyScript, compiled by scripts/build-gradient-kernels.ts
/* oxlint-disable -- AssemblyScript */
/** Address of the `index`-th float32 behind `pointer`. */
export function at(pointer: usize, index: i32): usize {
  return pointer + ((<usize>index) << 2);
}
