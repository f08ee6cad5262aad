import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as rxjs from 'rxjs';
import * as rxjsTesting from 'rxjs/testing';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import * as rxmux from '../../src/index.js';
import * as rxmuxTesting from '../../src/testing.js';
import { blocks } from '../support/markdown.js';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'testing.md'), 'utf8');
const examples = blocks(page).filter(({ language }) => language === 'ts');

/** What the page's test files may import. */
const modules: Readonly<Record<string, unknown>> = {
  '@jest/globals': { expect, test },
  rxjs,
  'rxjs/testing': rxjsTesting,
  rxmux,
  'rxmux/testing': rxmuxTesting,
};

/** Runs a test file: its tests become some of this one's. */
function include(code: string): void {
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 };
  const { outputText } = transpileModule(code, { compilerOptions });
  const require = (name: string): unknown => {
    if (!(name in modules)) {
      throw new Error(`${name} is nothing that a user of the page has`);
    }
    return modules[name];
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page is ours
  const run = new Function('require', 'exports', outputText) as (
    load: typeof require,
    exports: object,
  ) => void;
  run(require, {});
}

it('docs/testing.md has a test in each of its examples', () => {
  expect(examples.map(({ code }) => /^test\('/m.test(code))).toEqual(Array.from({ length: 6 }, () => true));
});

describe.each(examples)('docs/testing.md:$line', ({ code }) => {
  include(code);
});
