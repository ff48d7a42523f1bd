export * from './exit-codes.ts';
export * from './job.ts';
export * from './parse.ts';
export * from './problem.ts';
export * from './resolve.ts';
export * from './unsupported.ts';
export * from './termination-message.ts';
export * from './worker-environment.ts';
