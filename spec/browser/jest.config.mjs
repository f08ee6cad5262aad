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
  // A Chromium takes more than one processor.
  maxWorkers: 1,
  testTimeout,
};
