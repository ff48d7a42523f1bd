import base from '../jest.config.js';

// In one process, so that nothing outlives a run that is cut off.
const { workerIdleMemoryLimit: _unused, ...settings } = base;

/** What `make chaos` runs: faults, replayed and counted. */
export default {
  ...settings,
  rootDir: '..',
  testMatch: ['<rootDir>/test/*/*.chaos.ts'],
  maxWorkers: 1,
  // A life that was given up may still wait for an answer.
  forceExit: true,
};
