import js from '@eslint/js';
import rxjs from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

/** The folders of src, and what each may import of the others: docs/architecture.md has the same as a table. */
const ROOMS = {
  protocol: [],
  flow: ['protocol'],
  reactive: [],
  framing: ['protocol', 'flow'],
  sender: ['framing', 'flow', 'reactive'],
  channel: ['sender', 'framing', 'protocol', 'flow', 'reactive', 'options'],
  mux: ['channel', 'sender', 'framing', 'protocol', 'flow', 'reactive', 'carrier', 'options'],
  carrier: ['framing', 'protocol', 'flow', 'reactive'],
  http2: ['carrier', 'protocol', 'flow', 'reactive'],
  transport: ['carrier', 'framing', 'protocol', 'reactive'],
  nats: ['carrier', 'flow', 'reactive'],
  adapters: ['channel', 'flow', 'reactive'],
  send: ['channel', 'reactive'],
  telemetry: ['mux', 'channel'],
  messages: ['send', 'channel', 'protocol', 'flow', 'reactive'],
  resume: ['mux', 'carrier', 'flow', 'reactive'],
  remote: ['messages', 'send', 'mux', 'channel', 'protocol', 'flow', 'reactive', 'options'],
  inspector: ['messages', 'mux', 'channel', 'reactive'],
  panel: ['inspector', 'messages', 'mux', 'carrier'],
  inspect: ['inspector', 'messages', 'mux', 'channel', 'carrier'],
  testing: ['mux', 'channel', 'carrier', 'reactive', 'options'],
};

/** What every folder may import: errors, checks of arguments, marks and types of what goes in and out. */
const FOR_ALL = [
  'errors\\.js$',
  'arguments\\.js$',
  'brands\\.js$',
  'bytes\\.js$',
  'node-duplex\\.js$',
  'carrier/carrier\\.js$',
];

const importsOf = ([room, allowed]) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^\\.\\./(?!${[...allowed.map((name) => `${name}[/.]`), ...FOR_ALL].join('|')})`,
            message: `src/${room} may import of the others: ${allowed.join(', ') || 'none'} (docs/architecture.md).`,
          },
        ],
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist', 'build', 'coverage', 'site'] },
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
  ...Object.entries(ROOMS).map(importsOf),
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
