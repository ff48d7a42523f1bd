/** Tests run as native ES modules; swc strips the types, `tsc` checks them. */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{crds,http,operator,trainer,cli,bench,scripts,monitoring,test}/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  maxWorkers: 2,
  workerIdleMemoryLimit: '1500MB',
  testTimeout: 30_000,
  reporters: [
    'default',
    '<rootDir>/test/temporary-folder-reporter.js',
    '<rootDir>/test/closing-line-reporter.js',
  ],
};
