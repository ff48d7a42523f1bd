// @ts-nocheck -- AssemblyScript, compiled by scripts/build-gradient-kernels.ts
/* oxlint-disable -- AssemblyScript */
// Compiled into ../kernel-binary.ts. The interface with its documentation is
// ../training-kernels.ts. The module imports tfjs's memory and owns nothing in it.
export { convolve } from './convolve';
export { filterGradient } from './filter-gradient';
export { maxPoolGradient } from './max-pool-gradient';
export { packFilter } from './pack-filter';
