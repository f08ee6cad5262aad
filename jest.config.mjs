/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/spec', '<rootDir>/marble-tests'],
  testMatch: ['**/*.spec.ts', '**/*.marbles.ts'],
  transform: {
    '^.+\\.ts$': [
      'ts-jest',
      {
        tsconfig: {
          module: 'commonjs',
          moduleResolution: 'bundler',
          verbatimModuleSyntax: false,
          isolatedModules: true,
        },
      },
    ],
  },
  // Sources name their imports as ES modules must (./file.js); jest runs the TypeScript files.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // What is in src/panel runs in pages only: spec/pages/inspector.page.ts drives all of it in Chromium.
  collectCoverageFrom: ['src/**/*.ts', '!src/panel/**', '!src/inspector-element.ts'],
  coverageProvider: 'babel', // V8 does not see that a condition was never false, and takes longer
  coverageThreshold: { global: { statements: 100, branches: 100, functions: 100, lines: 100 } },
  coverageReporters: ['text', 'html'],
  // No test waits for a time: this is for what hangs, on the slowest of machines.
  testTimeout: 60_000,
  maxWorkers: 2, // on two processors jest would use one
  workerIdleMemoryLimit: '400MB', // a worker that holds what many files of tests have left is slow
  restoreMocks: true,
};
