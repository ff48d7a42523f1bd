import base from '../../jest.config.js';

/** The tests on a whole cluster; test/e2e/run.sh starts one and installs the operator before. */
export default {
  ...base,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/e2e/*.e2e.ts'],
  // One after the other: they share the operator, and a computer.
  maxWorkers: 1,
  testSequencer: '<rootDir>/test/e2e/in-order-sequencer.js',
};
