import { join } from 'node:path';
import { installed } from './installed.js';
import { ANGULAR, BROWSER, NODE, REACT_NATIVE } from './programs.js';
import { Project } from './project.js';

const root = join(__dirname, '..', '..');

/** Those before 5.7 read no `Uint8Array<ArrayBuffer>`. 6 warns of `node10`, and 7 is another program. */
const COMPILERS = {
  'typescript-5.0': 'npm:typescript@5.0.4',
  'typescript-5.4': 'npm:typescript@5.4.5',
  'typescript-5.9': 'npm:typescript@5.9.3',
  'typescript-6': 'npm:typescript@6.0.3',
  'typescript-7': 'npm:typescript@7.0.2',
};

const STRICT = {
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'es2022',
  skipLibCheck: false, // it hides errors, and makes none
  skipDefaultLibCheck: true, // the compiler's own
};

const DOM = { lib: ['es2022', 'dom', 'dom.iterable'], types: [] };
const NODE_TYPES = { lib: ['es2022'], types: ['node'] };

/** `ng new`, version 21. */
const ANGULAR_SETTINGS = {
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  isolatedModules: true,
  experimentalDecorators: true,
  useDefineForClassFields: false,
  ...DOM,
};

/** `npm create vite`, but for what 5.0 does not know. */
const VITE_SETTINGS = {
  useDefineForClassFields: true,
  verbatimModuleSyntax: true,
  moduleDetection: 'force',
  noUnusedLocals: false,
  ...DOM,
  types: ['vite/client'],
};

const REACT_NATIVE_SETTINGS = { lib: ['es2022'], types: [], customConditions: ['react-native'] };

/** How packages are found, by compilers that have it. */
const RESOLUTIONS = [
  { name: 'bundler', extension: 'ts', options: { module: 'esnext', moduleResolution: 'bundler' } },
  {
    name: 'node16 from an ES module',
    extension: 'mts',
    options: { module: 'node16', moduleResolution: 'node16' },
  },
  {
    name: 'node16 from CommonJS',
    extension: 'cts',
    options: { module: 'node16', moduleResolution: 'node16' },
  },
  { name: 'node10', extension: 'ts', options: { module: 'commonjs', moduleResolution: 'node' } },
];

describe('the declarations are read, nothing being any,', () => {
  let project: Project;
  let compilers: string;

  beforeAll(async () => {
    project = await Project.make();
    for (const name of ['@types/node', 'undici-types', 'vite']) {
      await project.link(name, join(root, 'node_modules', name));
    }
    compilers = await installed('compilers', COMPILERS);
    for (const extension of ['ts', 'mts', 'cts']) {
      await project.write(`browser.${extension}`, BROWSER);
      await project.write(`node.${extension}`, NODE);
    }
    await project.write('angular.ts', ANGULAR);
    await project.write('native.ts', REACT_NATIVE);
  }, 300_000);

  afterAll(() => project.remove());

  /** The projects for one compiler: their names, and the files that describe them. */
  const writeProjects = async (compiler: string): Promise<Map<string, string>> => {
    const files = new Map<string, string>();
    const write = async (name: string, source: string, options: object): Promise<void> => {
      const file = `tsconfig.${compiler}.${files.size}.json`;
      const compilerOptions = { ...STRICT, ...options };
      await project.write(file, JSON.stringify({ compilerOptions, files: [source] }));
      files.set(name, join(project.folder, file));
    };
    const resolutions = RESOLUTIONS.filter(({ name }) => name !== 'node10' || compiler !== 'typescript-7');
    for (const { name, extension, options } of resolutions) {
      const silent = name === 'node10' && compiler === 'typescript-6' ? { ignoreDeprecations: '6.0' } : {};
      await write(`${name}, browser`, `browser.${extension}`, { ...options, ...silent, ...DOM });
      await write(`${name}, Node`, `node.${extension}`, { ...options, ...silent, ...NODE_TYPES });
    }
    const bundler = { module: 'es2022', moduleResolution: 'bundler' };
    await write('Angular', 'angular.ts', { ...bundler, ...ANGULAR_SETTINGS });
    await write('Vite', 'browser.ts', { ...bundler, ...VITE_SETTINGS });
    await write('ES2020', 'browser.ts', { ...bundler, ...DOM, lib: ['es2020', 'dom', 'dom.iterable'] });
    await write('React Native', 'native.ts', { ...bundler, ...REACT_NATIVE_SETTINGS });
    return files;
  };

  it.each(Object.keys(COMPILERS))(
    'by %s, however packages are found',
    async (compiler) => {
      const projects = await writeProjects(compiler);
      const errors = new Map<string, string>();
      if (compiler === 'typescript-7') {
        for (const [name, file] of projects) {
          errors.set(name, await project.run(join(compilers, compiler, 'bin/tsc'), '-p', file));
        }
      } else {
        const path = join(compilers, compiler, 'lib/typescript.js');
        const printed = await project.run(join(__dirname, 'compile.mjs'), path, ...projects.values());
        const found = JSON.parse(printed) as Record<string, string>;
        for (const [name, file] of projects) {
          errors.set(name, found[file] ?? 'not compiled');
        }
      }
      expect(Object.fromEntries([...errors].filter(([, said]) => said !== ''))).toEqual({});
    },
    120_000,
  );
});
