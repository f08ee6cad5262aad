import base from './jest.config.mjs';

const { transform, testTimeout, maxWorkers, restoreMocks, testEnvironment } = base;

/**
 * The tests of the built package, on whatever Node runs them: what a test imports of src comes from dist/cjs.
 *
 * @type {import('jest').Config}
 */
export default {
  testEnvironment,
  roots: ['<rootDir>/spec'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/spec/examples/', // needs the examples built, which bring packages of their own
    '/spec/(hostile|lifecycle|resources)/', // long, random, or about memory: once is enough
    '/spec/resume/cut', // long, too
    '/spec/inspect/inspect\\.spec', // imports ws when it is needed, which Jest's CommonJS cannot: spec/package does it
    '/spec/package/', // whose programs run on the Node that installs them: once is enough
    '/spec/docs/documentation\\.spec', // runs nothing: asks the compiler only
  ],
  transform,
  moduleNameMapper: {
    '^(?:\\.\\./)+src/(.*)\\.js$': '<rootDir>/dist/cjs/$1.js',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testTimeout,
  maxWorkers,
  restoreMocks,
};
