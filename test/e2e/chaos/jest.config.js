import base from '../jest.config.js';

/** What `make chaos-cluster` runs. */
export default {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/e2e/chaos/*.chaos.ts'],
};
