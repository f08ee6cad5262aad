import js from '@eslint/js';
import rxjs from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'build', 'coverage'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked,
      rxjs.configs.strict,
    ],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Subjects are what this library gives its users, and two of its own are Subjects with a memory.
      'rxjs-x/no-exposed-subjects': 'off',
      'rxjs-x/no-subclass': 'off',
      // Most of what is subscribed to inside cannot error, and an unhandled error should be loud.
      'rxjs-x/no-ignored-error': 'off',
      // Errors are passed on as they came from the application, whatever they are.
      'rxjs-x/throw-error': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // `$` ends the name of every Observable and Subject.
      'rxjs-x/finnish': ['error', { functions: false, methods: false, parameters: false, strict: true }],
    },
  },
  {
    files: ['spec/**/*.ts', 'marble-tests/**/*.ts'],
    rules: {
      // A test subscribes where the behaviour under test happens, and wants the first value or a failure.
      'rxjs-x/no-nested-subscribe': 'off',
      'rxjs-x/no-ignored-default-value': 'off',
      'rxjs-x/no-redundant-notify': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' },
    },
  },
);
