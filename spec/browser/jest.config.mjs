import base from '../../jest.config.mjs';

const { transform, moduleNameMapper, testTimeout, restoreMocks, testEnvironment } = base;

/** @type {import('jest').Config} */
export default {
  rootDir: '../..',
  testEnvironment,
  testMatch: ['<rootDir>/spec/browser/*.browser.ts'],
  transform,
  moduleNameMapper,
  restoreMocks,
  globalSetup: '<rootDir>/spec/browser/support/find-features.mjs',
  // A browser takes more than one processor.
  maxWorkers: 1,
  testTimeout,
};
