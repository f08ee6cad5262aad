import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as fs from 'node:fs';
import * as stream from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subscription } from 'rxjs';
import { ModuleKind, transpileModule } from 'typescript';
import * as rxmux from '../../src/index.js';
import type { Mux } from '../../src/index.js';
import { muxPair } from '../../src/testing.js';
import { blocks } from '../support/markdown.js';

const source = readFileSync(join(__dirname, '../../src/adapters/to-duplex.ts'), 'utf8');

/** `saveAll` of the example of `toDuplex`, which writes to `folder`. */
function saveAllIn(folder: string): (mux: Mux) => Subscription {
  const [, example = ''] = source.replace(/^ \* ?/gm, '').split('@example');
  const [block] = blocks(example);
  const { outputText } = transpileModule(block?.code ?? '', {
    compilerOptions: { module: ModuleKind.CommonJS },
  });
  const modules: Readonly<Record<string, unknown>> = {
    rxmux,
    'node:fs': { createWriteStream: (name: string) => fs.createWriteStream(join(folder, name)) },
    'node:stream': stream,
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is this repository's own comment
  const make = new Function('require', 'exports', `${outputText}; return saveAll;`) as (
    ...given: unknown[]
  ) => (mux: Mux) => Subscription;
  return make((name: string) => modules[name], {});
}

it('the example of toDuplex saves what comes, and leaves no channel behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxmux-example-'));
  const said = jest.spyOn(console, 'log').mockImplementation();
  const { near, far } = muxPair();
  saveAllIn(folder)(far);
  const { id, outbound$ } = near.open();
  outbound$.next('kept');
  outbound$.complete();
  await near.close(); // waits for both halves of the channel
  expect(said.mock.calls).toEqual([['saved']]);
  expect(readFileSync(join(folder, `${id}.bin`), 'utf8')).toBe('kept');
  rmSync(folder, { recursive: true });
});
