import base from '../jest.config.js';

/** What `make chaos` runs: faults, replayed and counted. */
export default {
  ...base,
  rootDir: '..',
  testMatch: ['<rootDir>/test/*/*.chaos.ts'],
  maxWorkers: 1,
};
