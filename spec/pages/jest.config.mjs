import base from '../../jest.config.mjs';

const { transform, moduleNameMapper, testTimeout, restoreMocks, testEnvironment } = base;

// What the pages of this project look like and do, in Chromium. What runs in any browser is in spec/browser.

/** @type {import('jest').Config} */
export default {
  rootDir: '../..',
  testEnvironment,
  testMatch: ['<rootDir>/spec/pages/*.page.ts'],
  transform,
  moduleNameMapper,
  restoreMocks,
  // A browser takes more than one processor.
  maxWorkers: 1,
  testTimeout,
};
