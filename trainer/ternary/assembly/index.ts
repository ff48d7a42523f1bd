// Built by scripts/build-kernels.ts to ../kernels.wasm; the interface with its documentation is ../kernels.ts.
// No kernel may use static data or the heap: two threads run instances of this module over one memory.
export * from './measure';
export * from './ternarize';
export * from './pack';
export * from './unpack';
export * from './fields';
export * from './payload-limits';
export * from './floats';
export * from './halves';
export * from './updates';
export * from './adam';
export * from './hash-state';
export * from './rans';
export * from './digest';
